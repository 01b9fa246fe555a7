#include <pupil/nn/softmax_cross_entropy.hpp>

#include "agreement.hpp"

namespace pupil::agreement {

namespace {

template <class T>
void check_softmax_cross_entropy(Draw& draw) {
  constexpr std::int32_t ignored = -1;
  const Index classes = draw.between(1, 60);
  const auto logits = draw.tensor<T>(Shape{draw.between(1, 40), classes});
  Tensor<std::int32_t, 1> targets({logits.rows()});
  for (auto& target : targets) target = static_cast<std::int32_t>(draw.between(draw.coin() ? 0 : ignored, classes - 1));
  targets[0] = 0;  // one counts: PyTorch divides by their number

  const auto expected_logits = as_it_lies(logits).requires_grad_();
  const auto expected =
      at::cross_entropy_loss(expected_logits, as_it_lies(targets).to(at::kLong), {}, at::Reduction::Mean, ignored);
  expected.backward();
  const auto loss = softmax_cross_entropy(logits, targets, {.ignored_target = ignored});
  compare_tensor("the loss", Tensor<T, 1>({1}, {loss.value}), expected.reshape({1}));
  compare_tensor("the gradient of the logits", loss.gradient, expected_logits.grad());
}

}  // namespace

void add_losses(Agreements& agreements) {
  agreements.push_back(
      {"softmax_cross_entropy", check_softmax_cross_entropy<double>, check_softmax_cross_entropy<float>});
}

}  // namespace pupil::agreement
