#pragma once
// Rows of channels in groups whose size is known at compile time: Eigen then computes a group without loops or copies,
// and sums over many pixels stay in registers.

#include <Eigen/Core>
#include <type_traits>

#include <pupil/core/shape.hpp>

namespace pupil::kernels {

/// The most channels of a group: one AVX-512 register of floats.
inline constexpr int largest_group = 16;

template <class T, int Count>
using ChannelGroup = Eigen::Array<T, Count, 1>;

/// The `Count` numbers from there on.
template <int Count, class T>
Eigen::Map<const ChannelGroup<T, Count>> group_at(const T* first) {
  return Eigen::Map<const ChannelGroup<T, Count>>(first);
}
template <int Count, class T>
Eigen::Map<ChannelGroup<T, Count>> group_at(T* first) {
  return Eigen::Map<ChannelGroup<T, Count>>(first);
}

/// Calls `use(channel, count)` for consecutive groups that cover all channels; `count` is a std::integral_constant. The
/// largest groups may be given another size, for passes that keep several registers busy.
template <int Largest = largest_group, class Use>
void for_each_channel_group(Index channels, const Use& use) {
  Index c = 0;
  if constexpr (Largest > largest_group) {
    for (; c + Largest <= channels; c += Largest) use(c, std::integral_constant<int, Largest>{});
  }
  for (; c + largest_group <= channels; c += largest_group) use(c, std::integral_constant<int, largest_group>{});
  for (; c + 4 <= channels; c += 4) use(c, std::integral_constant<int, 4>{});
  for (; c < channels; ++c) use(c, std::integral_constant<int, 1>{});
}

/// The sum of all channels of a row, added up group by group: one register of partial sums for each size of group, so
/// that the order of additions depends on the number of channels alone.
template <class T>
class RowSum {
 public:
  /// The terms of one group, as an expression of Eigen.
  template <class Terms>
  void add(const Terms& terms) {
    constexpr int count = Terms::SizeAtCompileTime;
    if constexpr (count == largest_group) large_ += terms;
    if constexpr (count == 4) small_ += terms;
    if constexpr (count == 1) single_ += terms;
  }

  T total() const { return large_.sum() + (small_.sum() + single_.sum()); }

 private:
  ChannelGroup<T, largest_group> large_ = ChannelGroup<T, largest_group>::Zero();
  ChannelGroup<T, 4> small_ = ChannelGroup<T, 4>::Zero();
  ChannelGroup<T, 1> single_ = ChannelGroup<T, 1>::Zero();
};

}  // namespace pupil::kernels
