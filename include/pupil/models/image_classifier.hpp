#pragma once
// ImageClassifier: an image network with the layer from its pooled features to classes, as torchvision's models have
// it.

#include <utility>

#include <pupil/models/image_network.hpp>
#include <pupil/nn/dense.hpp>

namespace pupil {

struct ImageClassifierOptions {
  ImageNetworkOptions network{};
  Index classes = 1000;
};

/// Images [N, image_size, image_size, 3] to logits [N, classes].
template <class T>
class ImageClassifier {
 public:
  /// Throws what ImageNetwork and Dense throw.
  ImageClassifier(const ImageClassifierOptions& options, Rng& rng)
      : network_(options.network, rng),
        classifier_({.in_features = network_.pooled_size(), .out_features = options.classes}, rng) {}

  /// One row of logits an image.
  Tensor<T, 2> logits(const Tensor<T, 4>& images) const { return classifier_.forward(network_.pooled(images)); }

  Index classes() const { return classifier_.options().out_features; }
  ImageNetwork<T>& network() { return network_; }
  const ImageNetwork<T>& network() const { return network_; }

  /// One line a layer; see nn/summary.hpp.
  template <class Table>
  Shape<2> summarize(Table& table, const Name& name, const Shape<4>& images) const {
    Shape<2> logits = table.add(name, network_, images);
    detail::with_path(name, network_.classifier_name(),
                      [&](const Name& own) { logits = table.add(own, classifier_, logits); });
    return logits;
  }

  template <class Visitor>
  void visit(Visitor&& visitor, const Name& name = {}) {
    network_.visit(visitor, name);
    detail::with_path(name, network_.classifier_name(), [&](const Name& own) { classifier_.visit(visitor, own); });
  }

 private:
  ImageNetwork<T> network_;
  Dense<T> classifier_;
};

}  // namespace pupil
