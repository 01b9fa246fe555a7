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

/// Packs the weights of all convolutions, dense and recurrent layers once, as `forward(x) const` reads them at the
/// precision in use now; at another it does without. Takes as much memory as the weights of convolutions, half of it at
/// medium precision, which also takes half of those of the other layers. What is packed is a copy: every other visit,
/// which may change the weights, drops it.
///
/// At medium precision, what reads few rows (a caption, word by word) rounds them and the weights to bf16 once these
/// are packed; before, such products are fp32.
template <class Model>
void pack_weights(Model& model) {
  WeightPacker packer;
  model.visit(packer);
}

namespace detail {

/// What the visit of a layer with weights ends with: `packed` becomes `pack()` or, for other visitors, empty.
template <class Visitor, class Packed, class Pack>
void pack_or_drop(const Visitor&, Packed& packed, const Pack& pack) {
  if constexpr (std::is_same_v<Visitor, WeightPacker>) {
    packed = pack();
  } else {
    packed = Packed();
  }
}

}  // namespace detail

}  // namespace pupil
