#pragma once
// StepGuard: a training step that fails, or that is not taken, leaves the model as it was before it.
//
//   for (const auto& [images, labels] : batches) {
//     StepGuard guard(net);
//     decltype(net)::Context context;
//     auto loss = softmax_cross_entropy(net.forward(images, context), labels);
//     if (!std::isfinite(loss.value)) continue;  // all is as it was
//     net.backward(loss.gradient, context);
//     if (!std::isfinite(clip_gradient_norm(net, 5))) continue;
//     adam.step(net);
//     guard.commit();
//   }
//
// A forward pass in training moves the averages of batch norms and the generators of dropout, and backward adds to the
// gradients: after a batch with a NaN in it, the averages and all later gradients would hold one too.

#include <algorithm>
#include <cstddef>
#include <span>
#include <tuple>
#include <type_traits>

#include <pupil/core/errors.hpp>
#include <pupil/core/storage.hpp>
#include <pupil/nn/model_ref.hpp>

namespace pupil {

struct StepGuardOptions {
  /// Whether gradients are put back too, by a copy of all of them; otherwise they become zero, as after every step of
  /// an optimizer. For gradients that several small batches add to, with a guard for each of them.
  bool keep_gradients = false;
};

namespace detail {

/// Numbers that were copied one after another, to be taken back in the same order.
class SavedBytes {
 public:
  explicit SavedBytes(Index size) : bytes_(size) {}

  /// Where the next `size` bytes lie. Throws ShapeError where there are not as many.
  std::byte* next(std::size_t size) {
    const auto count = static_cast<Index>(size);
    require<ShapeError>(count <= bytes_.size() - used_, "step_guard: the model is another than at the guard's start");
    used_ += count;
    return bytes_.data() + (used_ - count);
  }
  void rewind() { used_ = 0; }

 private:
  Storage<std::byte> bytes_;
  Index used_ = 0;
};

}  // namespace detail

/// Remembers a model's buffers and generators, which are few numbers, and puts them back at its end unless the step was
/// committed; weights and optimizers change in the last call of a step only. Contexts that are used for several steps
/// can be given too: they are emptied then. The model must outlive the guard, in its place.
template <class Model, class... Contexts>
class StepGuard {
 public:
  explicit StepGuard(Model& model, Contexts&... contexts) : StepGuard(model, StepGuardOptions{}, contexts...) {}

  StepGuard(Model& model, const StepGuardOptions& options, Contexts&... contexts)
      : model_(model), contexts_(contexts...), options_(options), saved_(count_bytes()) {
    each_saved([&](std::span<std::byte> bytes) { std::ranges::copy(bytes, saved_.next(bytes.size())); });
  }
  StepGuard(const StepGuard&) = delete;
  StepGuard& operator=(const StepGuard&) = delete;
  ~StepGuard() {
    try {
      undo();
    } catch (...) {  // The model was taken apart meanwhile: there is nothing to put back.
    }
  }

  /// The step was taken: nothing will be put back.
  void commit() noexcept { is_open_ = false; }

  /// Puts everything back at once; without effect after `commit`. Throws ShapeError where the model no longer has the
  /// same buffers.
  void undo() {
    if (!is_open_) return;
    is_open_ = false;
    std::apply([](auto&... context) { ((context = std::remove_reference_t<decltype(context)>{}), ...); }, contexts_);
    saved_.rewind();
    each_saved([&](std::span<std::byte> bytes) { std::copy_n(saved_.next(bytes.size()), bytes.size(), bytes.data()); });
    if (!options_.keep_gradients) zero_gradients(model_);
  }

 private:
  Index count_bytes() {
    std::size_t bytes = 0;
    each_saved([&](std::span<std::byte> item) { bytes += item.size(); });
    return static_cast<Index>(bytes);
  }

  /// Calls `use(bytes)` for all that is remembered.
  void each_saved(FunctionRef<void(std::span<std::byte>)> use) const {
    const auto use_item = [&](const Name&, const ModelItem& item) { use(item.bytes()); };
    model_.for_each(ItemKind::buffer, use_item);
    model_.for_each(ItemKind::generator, use_item);
    if (!options_.keep_gradients) return;
    model_.for_each(ItemKind::parameter, [&](const Name&, const ModelItem& item) { use(item.gradient_bytes()); });
  }

  ModelRef model_;
  std::tuple<Contexts&...> contexts_;
  StepGuardOptions options_;
  detail::SavedBytes saved_;
  bool is_open_ = true;
};

/// Options that could be changed are no context either.
template <class Model, class... Contexts>
StepGuard(Model&, StepGuardOptions&, Contexts&...) -> StepGuard<Model, Contexts...>;

}  // namespace pupil
