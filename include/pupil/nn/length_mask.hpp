#pragma once
// Sequences of unequal lengths in one tensor: which of its steps are there, and which only fill it up.
//
//   steps_within       [time, batch]       for losses, whose sequences lie as layers have them
//   positions_within   [batch, positions]  for attention, whose keys lie sequence by sequence
//   masked_targets     [time, batch]       for softmax_cross_entropy, which ignores a target of its choice
//
// One length a sequence, in any order; 0 is a sequence of nothing but padding. All throw IndexError for a length
// outside [0, time].

#include <cstdint>
#include <span>

#include <pupil/core/tensor.hpp>

namespace pupil {

namespace detail {

inline void check_lengths(std::span<const Index> lengths, Index time) {
  for (std::size_t b = 0; b < lengths.size(); ++b) {
    require<IndexError>(lengths[b] >= 0 && lengths[b] <= time, "length mask: sequence ", b, " has the length ",
                        lengths[b], ", there are ", time, " steps");
  }
}

}  // namespace detail

/// [time, batch]: true at the steps that a sequence has.
inline Tensor<bool, 2> steps_within(std::span<const Index> lengths, Index time) {
  detail::check_lengths(lengths, time);
  const auto batch = static_cast<Index>(lengths.size());
  auto mask = Tensor<bool, 2>::uninitialized({time, batch});
  for (Index i = 0; i < mask.size(); ++i) mask[i] = i / batch < lengths[static_cast<std::size_t>(i % batch)];
  return mask;
}

/// [batch, positions]: true at the positions that a sequence has.
inline Tensor<bool, 2> positions_within(std::span<const Index> lengths, Index positions) {
  detail::check_lengths(lengths, positions);
  auto mask = Tensor<bool, 2>::uninitialized({static_cast<Index>(lengths.size()), positions});
  for (Index i = 0; i < mask.size(); ++i) mask[i] = i % positions < lengths[static_cast<std::size_t>(i / positions)];
  return mask;
}

/// The targets [time, batch] with `ignored_target` after the end of each sequence. Throws ShapeError where there is not
/// one length a sequence.
inline Tensor<std::int32_t, 2> masked_targets(Tensor<std::int32_t, 2> targets, std::span<const Index> lengths,
                                              std::int32_t ignored_target = -1) {
  require<ShapeError>(static_cast<Index>(lengths.size()) == targets.dim(1), "length mask: ", lengths.size(),
                      " lengths for targets ", targets.shape());
  const auto mask = steps_within(lengths, targets.dim(0));
  for (Index i = 0; i < targets.size(); ++i) targets[i] = mask[i] ? targets[i] : ignored_target;
  return targets;
}

}  // namespace pupil
