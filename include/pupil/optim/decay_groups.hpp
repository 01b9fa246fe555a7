#pragma once
// Which parameters decay.

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <pupil/optim/parameter_group.hpp>

namespace pupil {

/// The groups, and before them one for every parameter of a single dimension, in which it does not decay: biases, and
/// scales and shifts of norms. These are few numbers that fit nothing by heart, and a norm's scale has no reason to be
/// near 0. Matrices, filters and embeddings decay as the optimizer and its groups say. Such a parameter keeps the
/// learning rate of its group, and stays frozen where that is.
inline std::vector<ParameterGroup> without_decay_of_vectors(const ModelRef& model,
                                                            std::vector<ParameterGroup> groups = {}) {
  std::vector<ParameterGroup> result;
  const auto chosen = groups_of(model, groups);
  std::size_t i = 0;
  model.for_each(ItemKind::parameter, [&](const Name& name, const ModelItem& parameter) {
    const Index number = chosen[i++];
    if (parameter.shape().size() == 1) {
      ParameterGroup own = number == no_group ? ParameterGroup{} : groups[static_cast<std::size_t>(number)];
      own.prefix = name.str();
      own.weight_decay = 0;
      result.push_back(std::move(own));
    }
  });
  for (ParameterGroup& group : groups) result.push_back(std::move(group));
  return result;
}

}  // namespace pupil
