#pragma once
// Parameters that are trained in a way of their own, chosen by name: slower, with another weight decay, or not at all.
// PyTorch's twin is an optimizer's param_groups.
//
//   Adam<float> adam({.learning_rate = 1e-3,
//                     .groups = {{.prefix = "encoder.conv1", .frozen = true},
//                                {.prefix = "encoder", .learning_rate_factor = 0.1}}});

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/nn/parameter.hpp>

namespace pupil {

/// A parameter belongs to the first group whose prefix its name begins with, in whole parts: "encoder" is for
/// `encoder.conv1.weight` and not for `encoder2.weight`; "" is for all. One that no group is for is trained as the
/// optimizer's options say. Groups stay as long as their optimizer: to train what was frozen, make a new one.
struct ParameterGroup {
  std::string prefix{};
  double learning_rate_factor = 1;       ///< times the optimizer's learning rate, so that a schedule moves all groups
  std::optional<double> weight_decay{};  ///< in place of the optimizer's
  bool frozen = false;                   ///< not trained: values stay, gradients are set to zero, there is no state
};

/// How one parameter is trained.
struct ParameterSettings {
  double learning_rate = 0;
  double weight_decay = 0;
  bool frozen = false;
};

/// What the groups make of `base`, the settings without them, for the parameter of that name. Allocates nothing.
inline ParameterSettings settings_for(const Name& name, const std::vector<ParameterGroup>& groups,
                                      const ParameterSettings& base) {
  for (const ParameterGroup& group : groups) {
    if (!name.begins_with(group.prefix)) continue;
    return {.learning_rate = base.learning_rate * group.learning_rate_factor,
            .weight_decay = group.weight_decay.value_or(base.weight_decay),
            .frozen = group.frozen};
  }
  return base;
}

/// Throws OptionError, in the optimizer's name, where a group has a negative number.
inline void check_groups(const std::vector<ParameterGroup>& groups, std::string_view optimizer) {
  for (const ParameterGroup& group : groups) {
    require<OptionError>(group.learning_rate_factor >= 0, optimizer, ": the learning rate factor ",
                         group.learning_rate_factor, " of the group \"", group.prefix, "\" is negative");
    require<OptionError>(group.weight_decay.value_or(0) >= 0, optimizer, ": the weight decay ",
                         group.weight_decay.value_or(0), " of the group \"", group.prefix, "\" is negative");
  }
}

/// Throws OptionError, in the optimizer's name, where a group is for no parameter of the model: a name was misspelt.
template <class Model>
void check_groups(Model& model, const std::vector<ParameterGroup>& groups, std::string_view optimizer) {
  for (const ParameterGroup& group : groups) {
    bool found = false;
    for_each_parameter(model, [&](const Name& name, auto&) { found = found || name.begins_with(group.prefix); });
    require<OptionError>(found, optimizer, ": the model has no parameter for the group \"", group.prefix, "\"");
  }
}

}  // namespace pupil
