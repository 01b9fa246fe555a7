#pragma once
// Parameters that are trained in a way of their own, chosen by name: slower, with another weight decay, or not at all.
// PyTorch's twin is an optimizer's param_groups.
//
//   Adam<float> adam({.learning_rate = 1e-3,
//                     .groups = {{.prefix = "encoder.conv1", .frozen = true},
//                                {.prefix = "encoder", .learning_rate_factor = 0.1}}});

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/pool_allocator.hpp>
#include <pupil/nn/model_ref.hpp>

namespace pupil {

/// A parameter belongs to the first group whose prefix its name begins with, in whole parts: "encoder" is for
/// `encoder.conv1.weight` and not for `encoder2.weight`; "" is for all. A parameter that has several names belongs to
/// the first group that is for any of them. One that no group is for is trained as the optimizer's options say. Groups
/// stay as long as their optimizer: to train what was frozen, make a new one.
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

/// The number of a group that is none.
inline constexpr Index no_group = -1;

/// What the group of this number makes of `base`, the settings without it.
inline ParameterSettings settings_for(Index group, const std::vector<ParameterGroup>& groups,
                                      const ParameterSettings& base) {
  if (group == no_group) return base;
  const ParameterGroup& chosen = groups[static_cast<std::size_t>(group)];
  return {.learning_rate = base.learning_rate * chosen.learning_rate_factor,
          .weight_decay = chosen.weight_decay.value_or(base.weight_decay),
          .frozen = chosen.frozen};
}

/// The number of the group that each of the model's parameters belongs to, or no_group, in the model's order.
inline PoolVector<Index> groups_of(const ModelRef& model, const std::vector<ParameterGroup>& groups) {
  PoolVector<Index> chosen;
  model.for_each_name(ItemKind::parameter, [&](const Name& name, const ModelItem&, detail::VisitedItems::Place place) {
    if (place.is_new) chosen.push_back(no_group);
    Index& group = chosen[static_cast<std::size_t>(place.index)];
    const auto found = std::find_if(groups.begin(), groups.end(), [&](const ParameterGroup& candidate) {
      return name.begins_with(candidate.prefix);
    });
    const Index number = found == groups.end() ? no_group : static_cast<Index>(found - groups.begin());
    if (group == no_group || (number != no_group && number < group)) group = number;
  });
  return chosen;
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
inline void check_groups(const ModelRef& model, const std::vector<ParameterGroup>& groups, std::string_view optimizer) {
  for (const ParameterGroup& group : groups) {
    bool found = false;
    model.for_each_name(ItemKind::parameter, [&](const Name& name, const ModelItem&, detail::VisitedItems::Place) {
      found = found || name.begins_with(group.prefix);
    });
    require<OptionError>(found, optimizer, ": the model has no parameter for the group \"", group.prefix, "\"");
  }
}

}  // namespace pupil
