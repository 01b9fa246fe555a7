#pragma once
// KnownParameters: the parameters of the model that an optimizer was made for, by which it knows this model again.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/nn/model_ref.hpp>
#include <pupil/optim/parameter_group.hpp>

namespace pupil {

/// One of them.
struct KnownParameter {
  std::string name;  ///< its first, where it has several
  std::vector<Index> shape;
  Index group = no_group;
  bool is_trained = true;

  Index size() const {
    Index product = 1;
    for (const Index extent : shape) product *= extent;
    return product;
  }
};

/// All of them, in the order in which the model visits them.
class KnownParameters {
 public:
  /// Learns a model's parameters where none are known yet. Throws OptionError, in the optimizer's name, where a group
  /// is for no parameter.
  void learn(const ModelRef& model, const std::vector<ParameterGroup>& groups, std::string_view optimizer) {
    if (is_made_) return;
    check_groups(model, groups, optimizer);
    const auto chosen = groups_of(model, groups);
    model.for_each(ItemKind::parameter, [&](const Name& name, const ModelItem& parameter) {
      const std::span<const Index> shape = parameter.shape();
      const Index group = chosen[all_.size()];
      all_.push_back({.name = name.str(),
                      .shape = {shape.begin(), shape.end()},
                      .group = group,
                      .is_trained = !settings_for(group, groups, {}).frozen});
    });
    is_made_ = true;
  }

  /// Throws ShapeError, in the optimizer's name, unless the model's parameters have these names and shapes in this
  /// order. Allocates nothing.
  void check(const ModelRef& model, std::string_view optimizer) const {
    std::size_t count = 0;
    model.for_each(ItemKind::parameter, [&](const Name& name, const ModelItem& parameter) {
      if (count < all_.size()) check(all_[count], name, parameter.shape(), optimizer);
      ++count;
    });
    require<ShapeError>(count == all_.size(), optimizer, ": the model has ", count,
                        " parameters, the state was made for ", all_.size());
  }

  std::size_t size() const { return all_.size(); }
  const KnownParameter& operator[](std::size_t i) const { return all_[i]; }
  auto begin() const { return all_.begin(); }
  auto end() const { return all_.end(); }

 private:
  static void check(const KnownParameter& known, const Name& name, std::span<const Index> shape,
                    std::string_view optimizer) {
    if (name == known.name && std::ranges::equal(shape, known.shape)) return;
    throw ShapeError(message(optimizer, ": parameter ", name.str(), " has the shape [", joined(shape),
                             "], the state was made for ", known.name, " [", joined(known.shape), "] in its place"));
  }

  std::vector<KnownParameter> all_;
  bool is_made_ = false;
};

}  // namespace pupil
