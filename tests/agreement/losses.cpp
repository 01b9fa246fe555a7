#include <optional>

#include <pupil/nn/binary_cross_entropy_with_logits.hpp>
#include <pupil/nn/cosine_embedding_loss.hpp>
#include <pupil/nn/ctc_loss.hpp>
#include <pupil/nn/kl_divergence.hpp>
#include <pupil/nn/regression_losses.hpp>
#include <pupil/nn/softmax.hpp>
#include <pupil/nn/softmax_cross_entropy.hpp>
#include <pupil/nn/triplet_margin_loss.hpp>

#include "agreement.hpp"

namespace pupil::agreement {

namespace {

/// Numbers that are the same in float and in double.
std::vector<double> draw_weights(Index count, Draw& draw) {
  std::vector<double> weights;
  for (Index i = 0; i < count; ++i) weights.push_back(static_cast<double>(draw.between(1, 12)) / 4);
  return weights;
}

/// Undefined where there are none.
at::Tensor torch_weights(const std::vector<double>& weights, const at::Tensor& like) {
  return weights.empty() ? at::Tensor() : at::tensor(weights, at::kDouble).to(like.scalar_type());
}

/// PyTorch's loss as the mean that it computes itself, or its sum over a divisor.
template <class TorchLoss>
at::Tensor mean_or(const std::optional<double>& divisor, const TorchLoss& loss) {
  return divisor ? loss(at::Reduction::Sum) / *divisor : loss(at::Reduction::Mean);
}

/// Compares a loss of predictions and targets with `reference(predictions, targets)`.
template <class T, std::size_t Rank, class Reference>
void compare_loss(const Loss<T, Rank>& loss, const at::Tensor& predictions, const at::Tensor& targets,
                  const Reference& reference, Draw& draw) {
  const Twin<T> twin(
      {{"the predictions", predictions}}, {{"the loss", at::ones({1}, at::kDouble)}},
      [&](const State& state) {
        const at::Tensor& inputs = state.at("the predictions");
        return State{{"the loss", reference(inputs, targets).reshape({1})}};
      },
      draw.rng());
  twin.compare("the loss", Tensor<T, 1>({1}, {loss.value}));
  twin.compare("the gradient of the predictions", loss.gradient);
}

/// Options of everything that SoftmaxCrossEntropyOptions has but the target that is ignored.
SoftmaxCrossEntropyOptions draw_options(Index classes, Draw& draw) {
  SoftmaxCrossEntropyOptions options;
  if (draw.coin()) options.divisor = draw.between(1, 9);
  // Of a single class, a smoothed target is the same target: only rounding would be compared.
  if (classes > 1 && draw.coin()) options.label_smoothing = static_cast<double>(draw.between(1, 8)) / 8;
  if (draw.coin()) options.class_weights = draw_weights(classes, draw);
  return options;
}

template <class T>
void check_softmax_cross_entropy(Draw& draw) {
  const Index classes = draw.between(1, 60);
  const auto logits = draw.tensor<T>(Shape{draw.between(1, 40), classes});
  SoftmaxCrossEntropyOptions options = draw_options(classes, draw);
  Tensor<std::int32_t, 1> targets({logits.rows()});
  for (auto& target : targets) target = static_cast<std::int32_t>(draw.between(draw.coin() ? 0 : -1, classes - 1));
  targets[0] = 0;  // one counts: PyTorch divides by their number

  const auto reference = [&](const at::Tensor& all_rows, const at::Tensor& all_targets) {
    // With weights and smoothing, PyTorch 1.13 looks up the weight of the ignored target.
    const at::Tensor counted = all_targets.ne(options.ignored_target).nonzero().squeeze(1);
    const at::Tensor rows = all_rows.index_select(0, counted);
    return mean_or(options.divisor, [&](std::int64_t reduction) {
      return at::cross_entropy_loss(rows, all_targets.index_select(0, counted),
                                    torch_weights(options.class_weights, rows), reduction, options.ignored_target,
                                    options.label_smoothing);
    });
  };
  const auto loss = softmax_cross_entropy(logits, targets, options);
  compare_loss(loss, as_it_lies(logits), as_it_lies(targets).to(at::kLong), reference, draw);
}

/// Predictions and targets as a sequence of steps, and what the options of all elementwise losses have.
template <class T>
struct ElementwiseDraw {
  explicit ElementwiseDraw(Draw& draw)
      : predictions(draw.tensor<T>(Shape{draw.between(1, 9), draw.between(1, 9), draw.between(1, 20)})),
        targets(draw.tensor<T>(predictions.shape())) {
    if (draw.coin()) divisor = draw.between(1, 9);
    if (draw.coin()) return;
    mask = Tensor<bool, 2>({predictions.dim(0), predictions.dim(1)});
    for (bool& counts : mask) counts = draw.between(0, 3) > 0;
    mask[0] = true;  // one counts: PyTorch divides by their number
  }

  /// Compares with `torch_loss(predictions, targets, reduction)`, which is given the steps that count.
  template <class TorchLoss>
  void compare(const Loss<T, 3>& loss, const TorchLoss& torch_loss, Draw& draw) const {
    const auto reference = [&](const at::Tensor& all_steps, const at::Tensor& all_targets) {
      const auto counted = [&](const at::Tensor& steps) {
        if (mask.empty()) return steps;
        return steps.index({as_it_lies(mask).to(at::kBool)});
      };
      return mean_or(divisor, [&](std::int64_t reduction) {
        return torch_loss(counted(all_steps), counted(all_targets).to(all_steps.scalar_type()), reduction);
      });
    };
    compare_loss(loss, as_it_lies(predictions), as_it_lies(targets), reference, draw);
  }

  Tensor<T, 3> predictions;
  Tensor<T, 3> targets;
  std::optional<double> divisor{};
  Tensor<bool, 2> mask{};  ///< empty: all steps count
};

template <class T>
void check_binary_cross_entropy(Draw& draw) {
  ElementwiseDraw<T> sequence(draw);
  const bool certain = draw.coin();
  for (T& target : sequence.targets) target = certain ? static_cast<T>(draw.coin()) : draw.rng().template uniform<T>();
  std::vector<double> weights;
  if (draw.coin()) weights = draw_weights(draw.coin() ? 1 : sequence.predictions.columns(), draw);
  const auto loss =
      binary_cross_entropy_with_logits(sequence.predictions, sequence.targets,
                                       {.pos_weight = weights, .divisor = sequence.divisor, .mask = sequence.mask});
  sequence.compare(
      loss,
      [&](const at::Tensor& logits, const at::Tensor& targets, std::int64_t reduction) {
        return at::binary_cross_entropy_with_logits(logits, targets, {}, torch_weights(weights, logits), reduction);
      },
      draw);
}

template <class T>
void check_mean_squared_error(Draw& draw) {
  const ElementwiseDraw<T> sequence(draw);
  const auto loss =
      mean_squared_error(sequence.predictions, sequence.targets, {.divisor = sequence.divisor, .mask = sequence.mask});
  sequence.compare(
      loss,
      [](const at::Tensor& predictions, const at::Tensor& targets, std::int64_t reduction) {
        return at::mse_loss(predictions, targets, reduction);
      },
      draw);
}

template <class T>
void check_mean_absolute_error(Draw& draw) {
  const ElementwiseDraw<T> sequence(draw);
  const auto loss =
      mean_absolute_error(sequence.predictions, sequence.targets, {.divisor = sequence.divisor, .mask = sequence.mask});
  sequence.compare(
      loss,
      [](const at::Tensor& predictions, const at::Tensor& targets, std::int64_t reduction) {
        return at::l1_loss(predictions, targets, reduction);
      },
      draw);
}

template <class T>
void check_huber_loss(Draw& draw) {
  const ElementwiseDraw<T> sequence(draw);
  const double delta = static_cast<double>(draw.between(1, 12)) / 4;
  const auto loss = huber_loss(sequence.predictions, sequence.targets,
                               {.delta = delta, .divisor = sequence.divisor, .mask = sequence.mask});
  sequence.compare(
      loss,
      [&](const at::Tensor& predictions, const at::Tensor& targets, std::int64_t reduction) {
        return at::huber_loss(predictions, targets, reduction, delta);
      },
      draw);
}

template <class T>
void check_kl_divergence(Draw& draw) {
  ElementwiseDraw<T> sequence(draw);
  const bool log_target = draw.coin();
  sequence.targets = log_target ? LogSoftmax<T>().forward(std::move(sequence.targets))
                                : Softmax<T>().forward(std::move(sequence.targets));
  const auto loss = kl_divergence(sequence.predictions, sequence.targets,
                                  {.log_target = log_target, .divisor = sequence.divisor, .mask = sequence.mask});
  sequence.compare(
      loss,
      [&](const at::Tensor& predictions, const at::Tensor& targets, std::int64_t reduction) {
        return at::kl_div(predictions, targets, reduction, log_target);
      },
      draw);
}

/// From logits, by LogSoftmax. Sequences may be too short for their targets where these then count for nothing.
template <class T>
void check_ctc_loss(Draw& draw) {
  const Index time = draw.between(1, 12), batch = draw.between(1, 4), classes = draw.between(2, 9);
  CtcLossOptions options{.blank = static_cast<std::int32_t>(draw.between(0, classes - 1)), .zero_infinity = true};
  if (draw.coin()) options.divisor = draw.between(1, 9);
  const auto logits = draw.tensor<T>(Shape{time, batch, classes});
  Tensor<std::int32_t, 2> targets({batch, draw.between(1, 6)});
  for (auto& target : targets) {
    target = static_cast<std::int32_t>((options.blank + draw.between(1, classes - 1)) % classes);
  }
  std::vector<Index> input_lengths, target_lengths;
  for (Index b = 0; b < batch; ++b) {
    input_lengths.push_back(draw.between(1, time));
    target_lengths.push_back(draw.between(1, targets.dim(1)));
  }

  const LogSoftmax<T> log_softmax;
  typename LogSoftmax<T>::Context context;
  auto loss = ctc_loss(log_softmax.forward(logits, context), targets, input_lengths, target_lengths, options);
  loss.gradient = log_softmax.backward(std::move(loss.gradient), context);
  const auto reference = [&](const at::Tensor& rows, const at::Tensor& torch_targets) {
    return mean_or(options.divisor, [&](std::int64_t reduction) {
      return at::ctc_loss(rows.log_softmax(-1), torch_targets, input_lengths, target_lengths, options.blank, reduction,
                          options.zero_infinity);
    });
  };
  compare_loss(loss, as_it_lies(logits), as_it_lies(targets).to(at::kLong), reference, draw);
}

template <class T>
void check_triplet_margin_loss(Draw& draw) {
  const Shape rows{draw.between(1, 20), draw.between(2, 40)};
  const auto anchor = draw.tensor<T>(rows), positive = draw.tensor<T>(rows), negative = draw.tensor<T>(rows);
  TripletMarginLossOptions options{.margin = static_cast<double>(draw.between(1, 12)) / 4, .swap = draw.coin()};
  if (draw.coin()) options.divisor = draw.between(1, 9);
  const auto loss = triplet_margin_loss(anchor, positive, negative, options);
  const Twin<T> twin(
      {{"the anchor", as_it_lies(anchor)},
       {"the positive", as_it_lies(positive)},
       {"the negative", as_it_lies(negative)}},
      {{"the loss", at::ones({1}, at::kDouble)}},
      [&](const State& state) {
        const at::Tensor value = mean_or(options.divisor, [&](std::int64_t reduction) {
          return at::triplet_margin_loss(state.at("the anchor"), state.at("the positive"), state.at("the negative"),
                                         options.margin, 2, options.epsilon, options.swap, reduction);
        });
        return State{{"the loss", value.reshape({1})}};
      },
      draw.rng());
  twin.compare("the loss", Tensor<T, 1>({1}, {loss.value}));
  twin.compare("the gradient of the anchor", loss.anchor);
  twin.compare("the gradient of the positive", loss.positive);
  twin.compare("the gradient of the negative", loss.negative);
}

template <class T>
void check_cosine_embedding_loss(Draw& draw) {
  const Shape rows{draw.between(1, 20), draw.between(2, 40)};
  const auto first = draw.tensor<T>(rows), second = draw.tensor<T>(rows);
  Tensor<std::int32_t, 1> targets({rows[0]});
  for (auto& target : targets) target = draw.coin() ? 1 : -1;
  CosineEmbeddingLossOptions options{.margin = static_cast<double>(draw.between(-2, 2)) / 8};
  if (draw.coin()) options.divisor = draw.between(1, 9);
  const auto loss = cosine_embedding_loss(first, second, targets, options);
  const Twin<T> twin(
      {{"the first", as_it_lies(first)}, {"the second", as_it_lies(second)}},
      {{"the loss", at::ones({1}, at::kDouble)}},
      [&](const State& state) {
        const at::Tensor value = mean_or(options.divisor, [&](std::int64_t reduction) {
          return at::cosine_embedding_loss(state.at("the first"), state.at("the second"), as_it_lies(targets),
                                           options.margin, reduction);
        });
        return State{{"the loss", value.reshape({1})}};
      },
      draw.rng());
  twin.compare("the loss", Tensor<T, 1>({1}, {loss.value}));
  twin.compare("the gradient of the first", loss.first);
  twin.compare("the gradient of the second", loss.second);
}

}  // namespace

void add_losses(Agreements& agreements) {
  agreements.push_back(
      {"softmax_cross_entropy", check_softmax_cross_entropy<double>, check_softmax_cross_entropy<float>});
  agreements.push_back(
      {"binary_cross_entropy_with_logits", check_binary_cross_entropy<double>, check_binary_cross_entropy<float>});
  agreements.push_back({"mean_squared_error", check_mean_squared_error<double>, check_mean_squared_error<float>});
  agreements.push_back({"mean_absolute_error", check_mean_absolute_error<double>, check_mean_absolute_error<float>});
  agreements.push_back({"huber_loss", check_huber_loss<double>, check_huber_loss<float>});
  agreements.push_back({"kl_divergence", check_kl_divergence<double>, check_kl_divergence<float>});
  agreements.push_back({"ctc_loss", check_ctc_loss<double>, check_ctc_loss<float>});
  agreements.push_back({"triplet_margin_loss", check_triplet_margin_loss<double>, check_triplet_margin_loss<float>});
  agreements.push_back(
      {"cosine_embedding_loss", check_cosine_embedding_loss<double>, check_cosine_embedding_loss<float>});
}

}  // namespace pupil::agreement
