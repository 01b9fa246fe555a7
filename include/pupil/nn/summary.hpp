#pragma once
// What a model consists of: a table of its layers, the shapes that they give, their parameters and their work.
//
//   std::cout << summary(net, Shape{1, 28, 28, 1});
//
// Shapes are computed and nothing is run, so the largest model takes no time. A layer offers
//
//   Shape<R> output_shape(const Shape<Q>& x) const;
//
// and, where its work is not one multiplication for every weight and row of its output,
//
//   Index multiply_adds(const Shape<Q>& x) const;
//
// and, where it chooses between algorithms, what it chose, in a line:
//
//   std::string explain(const Shape<Q>& x) const;
//
// A model offers what it consists of, written as its forward, with the shape of x in the place of x:
//
//   template <class Table, std::size_t Rank>
//   auto summarize(Table& table, const Name& name, const Shape<Rank>& x) const {
//     const auto hidden = table.add(name / "fc1", fc1_, x);
//     return table.add(name / "fc2", fc2_, table.add(name / "relu", relu_, hidden));
//   }

#include <algorithm>
#include <array>
#include <ostream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/core/shape.hpp>
#include <pupil/core/type_name.hpp>
#include <pupil/nn/layer.hpp>
#include <pupil/nn/model_ref.hpp>

namespace pupil {

namespace detail {

/// In a class, so that the compiler says it once.
template <class L, std::size_t Rank>
struct CheckedOutputShape {
  static_assert(
      HasOutputShape<L, Rank>,
      "summary: a layer has output_shape(shape), a model summarize(table, name, shape); and the shape must fit");
};

/// How many numbers there are in parameters of two dimensions or more.
inline Index count_weights(const ConstModelRef& model) {
  Index weights = 0;
  model.for_each(ItemKind::parameter, [&](const Name&, const ConstModelItem& parameter) {
    if (parameter.shape().size() >= 2) weights += parameter.size();
  });
  return weights;
}

}  // namespace detail

/// One line of the table.
struct LayerSummary {
  std::string name;          ///< "layer1.0.conv1"
  std::string type;          ///< "Conv2d"
  std::string output_shape;  ///< "[1, 56, 56, 64]"
  Index parameters = 0;
  Index multiply_adds = 0;  ///< of one forward pass, for the whole batch; additions alone do not count
  std::string algorithms;   ///< as the layer explains them; empty where it has no choice
};

/// The table; `summary` makes it.
class ModelSummary {
 public:
  /// Adds a layer that x goes into, or the layers of a model, and returns the shape that comes out. Throws what the
  /// layer throws where x does not fit.
  template <class L, std::size_t Rank>
  auto add(const Name& name, const L& layer, const Shape<Rank>& x) {
    if constexpr (requires { layer.summarize(*this, name, x); }) {
      return layer.summarize(*this, name, x);
    } else if constexpr (!detail::HasOutputShape<L, Rank>) {
      static_assert(sizeof(detail::CheckedOutputShape<L, Rank>) > 0);
      return x;
    } else {
      const auto y = layer.output_shape(x);
      std::string algorithms;
      if constexpr (requires { layer.explain(x); }) algorithms = layer.explain(x);
      layers_.push_back({name.str(), std::string(type_name<L>()), message(y), count_parameters(layer),
                         multiply_adds(layer, x, y), std::move(algorithms)});
      return y;
    }
  }

  const std::vector<LayerSummary>& layers() const { return layers_; }

  Index multiply_adds() const {
    Index sum = 0;
    for (const LayerSummary& layer : layers_) sum += layer.multiply_adds;
    return sum;
  }

  /// How many numbers an optimizer would train; those of a layer that is in the model twice count once.
  Index parameters() const { return parameters_; }
  /// How many numbers are state besides, such as running means.
  Index buffers() const { return buffers_; }

 private:
  template <class Model, std::size_t Rank>
  friend ModelSummary summary(const Model& model, const Shape<Rank>& x);

  /// Weights have two dimensions or more; each is multiplied once for every row of the output.
  template <class L, std::size_t InRank, std::size_t OutRank>
  static Index multiply_adds(const L& layer, const Shape<InRank>& x, const Shape<OutRank>& y) {
    if constexpr (requires { layer.multiply_adds(x); }) {
      return layer.multiply_adds(x);
    } else {
      Index rows = 1;
      for (std::size_t d = 0; d + 1 < OutRank; ++d) rows *= y[d];
      return rows * detail::count_weights(layer);
    }
  }

  std::vector<LayerSummary> layers_;
  Index parameters_ = 0;
  Index buffers_ = 0;
};

/// The table of a model, or of a layer, that x goes into. Throws ShapeError where a layer does not take its input.
template <class Model, std::size_t Rank>
ModelSummary summary(const Model& model, const Shape<Rank>& x) {
  ModelSummary table;
  table.add(Name(), model, x);
  table.parameters_ = count_parameters(model);
  ConstModelRef(model).for_each(ItemKind::buffer,
                                [&](const Name&, const ConstModelItem& buffer) { table.buffers_ += buffer.size(); });
  return table;
}

namespace detail {

/// 11689512 -> "11,689,512"
inline std::string with_commas(Index number) {
  std::string text = std::to_string(number);
  for (auto place = static_cast<Index>(text.size()) - 3; place > 0; place -= 3) {
    text.insert(static_cast<std::size_t>(place), 1, ',');
  }
  return text;
}

}  // namespace detail

/// A line for each layer that chooses between algorithms: its name, its shape, and what computes each pass.
inline std::string explain(const ModelSummary& summary) {
  std::string text;
  for (const LayerSummary& layer : summary.layers()) {
    if (layer.algorithms.empty()) continue;
    if (!layer.name.empty()) text += layer.name + ": ";
    text += layer.algorithms + "\n";
  }
  return text;
}

/// The table and the totals, as text.
inline std::ostream& operator<<(std::ostream& out, const ModelSummary& summary) {
  using Line = std::array<std::string, 4>;
  std::vector<Line> lines{{"layer", "output shape", "parameters", "multiply-adds"}};
  for (const LayerSummary& layer : summary.layers()) {
    lines.push_back({layer.name + (layer.name.empty() ? "" : " ") + "(" + layer.type + ")", layer.output_shape,
                     detail::with_commas(layer.parameters), detail::with_commas(layer.multiply_adds)});
  }
  std::array<std::size_t, 4> widths{};
  for (const Line& line : lines) {
    for (std::size_t c = 0; c < widths.size(); ++c) widths[c] = std::max(widths[c], line[c].size());
  }
  const auto padded = [&](const Line& line, std::size_t c) { return std::string(widths[c] - line[c].size(), ' '); };
  const std::string rule(widths[0] + widths[1] + widths[2] + widths[3] + 6, '-');
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Line& line = lines[i];
    out << line[0] << padded(line, 0) << "  " << line[1] << padded(line, 1);         // texts to the left
    out << "  " << padded(line, 2) << line[2] << "  " << padded(line, 3) << line[3]  // numbers to the right
        << '\n';
    if (i == 0) out << rule << '\n';
  }
  return out << rule << '\n'
             << "parameters     " << detail::with_commas(summary.parameters()) << '\n'
             << "buffers        " << detail::with_commas(summary.buffers()) << '\n'
             << "multiply-adds  " << detail::with_commas(summary.multiply_adds()) << '\n';
}

}  // namespace pupil
