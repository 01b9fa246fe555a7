#pragma once
// prepare: a model that is used and no longer trained. Its weights are arranged once as products read them; of one
// image, arranging them takes a good part of the time.
//
//   const auto net = prepare(trained);
//   auto scores = net.forward(photo);  // from any number of threads

#include <memory>
#include <utility>

#include <pupil/nn/prepared_form.hpp>

namespace pupil {

/// A model that nobody can change, made by `prepare`. Threads may share it; copies share what they refer to.
template <class Model>
class Prepared {
 public:
  explicit Prepared(Model model) : model_(prepared(std::move(model))) {}

  /// What the model's own `forward(...) const` gives.
  template <class... Inputs>
  auto forward(Inputs&&... inputs) const {
    return model_->forward(std::forward<Inputs>(inputs)...);
  }

  /// The model, for whatever else it offers. A copy of it can be trained and is not prepared.
  const Model& operator*() const { return *model_; }
  const Model* operator->() const { return model_.get(); }

 private:
  static std::shared_ptr<const Model> prepared(Model model) {
    const auto own = std::make_shared<Model>(std::move(model));
    detail::WeightPreparer preparer;
    own->visit(preparer);
    return own;
  }

  std::shared_ptr<const Model> model_;
};

/// The model with its weights prepared for the precision in use now; at another it computes without. It is a copy, so
/// weights that are changed afterwards do not reach it: `prepare(std::move(model))` copies nothing. Throws ShapeError
/// where a layer was moved from.
///
/// Outputs are those of `model`, but for two cases. With AVX-512, convolutions without groups keep their filters in the
/// order of the algorithm that was planned (kernels/conv/plan.hpp), which takes as much memory as the weights, or half
/// of it at medium precision. Dense and recurrent layers then read up to 8 rows (a caption, word by word) in another
/// order of sums; at medium precision from copies in bf16, to which they also round the rows: recurrent layers that
/// are not prepared compute these in fp32.
template <class Model>
Prepared<Model> prepare(Model model) {
  return Prepared<Model>(std::move(model));
}

}  // namespace pupil
