#pragma once
// What an optimizer remembers: one tensor of numbers for each parameter of a model, such as a running mean of its
// gradient.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <pupil/core/tensor.hpp>
#include <pupil/nn/parameter.hpp>

namespace pupil {

/// One tensor a parameter, in the order in which the model visits them. Each is as large as its parameter, in one
/// dimension.
template <class T>
class ParameterState {
 public:
  /// `name` is what a checkpoint calls it: `exp_avg` gives `exp_avg.conv1.weight`. All numbers begin as `initial`.
  explicit ParameterState(std::string_view name, T initial = 0) : name_(name), initial_(initial) {}

  /// Makes the tensors where there are none yet. Throws ShapeError, in the optimizer's name, where those that there are
  /// were made for other parameters.
  template <class Model>
  void prepare(Model& model, std::string_view optimizer) {
    prepare(model, optimizer, [](const Name&) { return true; });
  }

  /// The same, for the parameters whose name `is_trained`; the others have no tensor.
  template <class Model, class IsTrained>
  void prepare(Model& model, std::string_view optimizer, const IsTrained& is_trained) {
    const bool is_new = entries_.empty();
    std::size_t count = 0;
    for_each_parameter(model, [&](const Name& name, auto& parameter) {
      if (is_new) {
        entries_.push_back(make_entry(name, parameter.value.shape(), is_trained(name)));
      } else if (count < entries_.size()) {
        check(entries_[count], name, parameter.value.shape(), optimizer);
      }
      ++count;
    });
    require<ShapeError>(count == entries_.size(), optimizer, ": the model has ", count,
                        " parameters, the state was made for ", entries_.size());
  }

  /// The numbers of the parameter that is visited as the i-th, where it has any.
  T* operator[](std::size_t i) { return entries_[i].values.data(); }

  /// Visits the tensors as buffers.
  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    const Name state = name / std::string_view(name_);
    for (Entry& entry : entries_) {
      if (entry.is_trained) visitor(state / std::string_view(entry.parameter), entry.values);
    }
  }

 private:
  struct Entry {
    std::string parameter;
    std::vector<Index> shape;
    bool is_trained;
    Tensor<T, 1> values;
  };

  template <std::size_t Rank>
  Entry make_entry(const Name& name, const Shape<Rank>& shape, bool is_trained) const {
    return {name.str(), std::vector<Index>(shape.begin(), shape.end()), is_trained,
            Tensor<T, 1>::full({is_trained ? shape.size() : 0}, initial_)};
  }

  template <std::size_t Rank>
  static void check(const Entry& entry, const Name& name, const Shape<Rank>& shape, std::string_view optimizer) {
    if (std::equal(shape.begin(), shape.end(), entry.shape.begin(), entry.shape.end())) return;
    std::string expected;
    for (const Index extent : entry.shape) expected += (expected.empty() ? "" : ", ") + std::to_string(extent);
    throw ShapeError(message(optimizer, ": parameter ", name.str(), " has the shape ", shape,
                             ", the state was made for ", entry.parameter, " [", expected, "]"));
  }

  std::string name_;
  T initial_;
  std::vector<Entry> entries_;
};

}  // namespace pupil
