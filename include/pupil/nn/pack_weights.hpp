#pragma once
// pack_weights: for a model that is used and no longer trained, so that its products find their weights as they read
// them. Of one image, arranging the weights takes a good part of the time.

#include <type_traits>

#include <pupil/nn/parameter.hpp>

namespace pupil {

/// The visitor for which layers pack. It sees parameters, as every visitor does, and leaves them alone.
struct WeightPacker {
  template <class Item>
  void operator()(const Name&, Item&) const {}
};

/// Packs weights once, as `forward(x) const` reads them at the precision in use now; at another it does without.
///
/// With AVX-512, convolutions without groups pack copies, which take as much memory as the weights, or half of it at
/// medium precision. Dense and recurrent layers then read up to 8 rows (a caption, word by word) without packing; at
/// medium precision from copies in bf16, to which they also round the rows: recurrent layers without packed weights
/// compute these in fp32.
///
/// Every other visit may change the weights, so it drops what was packed: optimizers, checkpoints, summaries. Do not
/// visit a model while other threads use it.
template <class Model>
void pack_weights(Model& model) {
  WeightPacker packer;
  model.visit(packer);
}

namespace detail {

/// How a layer with packed weights is visited: drops them, calls `visit_parameters()`, which may change the weights or
/// throw, and for a WeightPacker `pack()`.
template <class Visitor, class Visit, class Pack, class... Packed>
void visit_and_pack(const Visitor&, const Visit& visit_parameters, const Pack& pack, Packed&... packed) {
  ((packed = Packed()), ...);
  visit_parameters();
  if constexpr (std::is_same_v<Visitor, WeightPacker>) pack();
}

}  // namespace detail

}  // namespace pupil
