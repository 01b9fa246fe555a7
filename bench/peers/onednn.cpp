// oneDNN, in the formats that a network which keeps its images in NHWC would use: weights in whatever format oneDNN
// likes best for the convolution. They would stay in it from step to step, so bringing them there is not timed.

#include <array>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include <dnnl.hpp>

#include "comparison.hpp"
#include "convolution.hpp"
#include "peers.hpp"
#include "product.hpp"

namespace bench {

namespace {

using dnnl::memory;
using Format = memory::format_tag;
using Type = memory::data_type;
using Arguments = std::unordered_map<int, memory>;

dnnl::engine& engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

dnnl::stream& stream() {
  static dnnl::stream only(engine());
  return only;
}

/// A tensor's memory as oneDNN sees it; `dims` in its order, `format` says how they lie.
template <std::size_t Rank>
memory view(const Tensor<float, Rank>& tensor, const memory::dims& dims, Format format) {
  return {{dims, Type::f32, format}, engine(), const_cast<float*>(tensor.data())};
}

memory reordered(memory from, const memory::desc& to) {
  if (from.get_desc() == to) return from;
  memory result(to, engine());
  dnnl::reorder(from, result).execute(stream(), from, result);
  stream().wait();
  return result;
}

/// What lies in `from`, as floats in this format.
std::vector<float> values_of(const memory& from, Format format) {
  const auto plain = reordered(from, {from.get_desc().dims(), Type::f32, format});
  const auto* const first = static_cast<const float*>(plain.get_data_handle());
  return {first, first + plain.get_desc().get_size() / sizeof(float)};
}

Contender contender(const dnnl::primitive& primitive, const Arguments& arguments, const memory& result, Format format) {
  const auto run = [=] {
    primitive.execute(stream(), arguments);
    stream().wait();
  };
  return {.run = run, .results = [=] { return Results{values_of(result, format)}; }};
}

/// One pass of a convolution of NHWC images that are stored as `type`. The gradient of the weights is of floats.
class OneDnnConvolution {
 public:
  OneDnnConvolution(std::shared_ptr<const ConvolutionProblem> problem, Type type)
      : problem_(std::move(problem)),
        type_(type),
        shape_(problem_->shape),
        strides_{shape_.stride.height, shape_.stride.width},
        padding_{shape_.padding.top, shape_.padding.left},
        forward_({dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct, images(x_dims(), type),
                  any(type), images(y_dims(), type), strides_, padding_, padding_},
                 engine()) {}

  Contender forward() const {
    const memory y(forward_.dst_desc(), engine());
    const Arguments arguments{
        {DNNL_ARG_SRC, x()}, {DNNL_ARG_WEIGHTS, weight(forward_.weights_desc())}, {DNNL_ARG_DST, y}};
    return contender(dnnl::convolution_forward(forward_), arguments, y, Format::nhwc);
  }

  Contender backward_data() const {
    const dnnl::convolution_backward_data::primitive_desc description(
        {dnnl::algorithm::convolution_direct, images(x_dims(), type_), any(type_), images(y_dims(), type_), strides_,
         padding_, padding_},
        engine(), forward_);
    const memory dx(description.diff_src_desc(), engine());
    const Arguments arguments{
        {DNNL_ARG_DIFF_DST, dy()}, {DNNL_ARG_WEIGHTS, weight(description.weights_desc())}, {DNNL_ARG_DIFF_SRC, dx}};
    return contender(dnnl::convolution_backward_data(description), arguments, dx, Format::nhwc);
  }

  Contender backward_weights() const {
    const dnnl::convolution_backward_weights::primitive_desc description(
        {dnnl::algorithm::convolution_direct, images(x_dims(), type_), any(Type::f32), images(y_dims(), type_),
         strides_, padding_, padding_},
        engine(), forward_);
    const memory dw(description.diff_weights_desc(), engine());
    const Arguments arguments{{DNNL_ARG_SRC, x()}, {DNNL_ARG_DIFF_DST, dy()}, {DNNL_ARG_DIFF_WEIGHTS, dw}};
    return contender(dnnl::convolution_backward_weights(description), arguments, dw, Format::ohwi);
  }

 private:
  memory::dims x_dims() const { return {shape_.batch, shape_.in_channels, shape_.height, shape_.width}; }
  memory::dims y_dims() const { return {shape_.batch, shape_.out_channels, shape_.out_height, shape_.out_width}; }
  memory::dims weight_dims() const {
    return {shape_.out_channels, shape_.in_channels, shape_.kernel.height, shape_.kernel.width};
  }
  static memory::desc images(const memory::dims& dims, Type type) { return {dims, type, Format::nhwc}; }
  memory::desc any(Type type) const { return {weight_dims(), type, Format::any}; }

  memory x() const { return reordered(view(problem_->x, x_dims(), Format::nhwc), images(x_dims(), type_)); }
  memory dy() const { return reordered(view(problem_->dy, y_dims(), Format::nhwc), images(y_dims(), type_)); }
  memory weight(const memory::desc& wanted) const {
    return reordered(view(problem_->weight, weight_dims(), Format::ohwi), wanted);
  }

  std::shared_ptr<const ConvolutionProblem> problem_;
  Type type_;
  pupil::kernels::ConvShape shape_;
  memory::dims strides_, padding_;
  dnnl::convolution_forward::primitive_desc forward_;
};

Contender onednn_convolution(const std::shared_ptr<const ConvolutionProblem>& problem, ConvolutionPass pass,
                             Type type) {
  const OneDnnConvolution convolution(problem, type);
  switch (pass) {
    case ConvolutionPass::forward:
      return convolution.forward();
    case ConvolutionPass::backward_data:
      return convolution.backward_data();
    case ConvolutionPass::backward_weights:
      break;
  }
  return convolution.backward_weights();
}

/// Of matrices as they lie, like pupil's.
Contender onednn_product(const std::shared_ptr<const ProductProblem>& problem) {
  const auto& [rows, columns, depth] = problem->product;
  const memory a = view(problem->a, {rows, depth}, problem->form.left_transposed ? Format::ba : Format::ab);
  const memory b = view(problem->b, {depth, columns}, problem->form.right_transposed ? Format::ba : Format::ab);
  const memory c({{rows, columns}, Type::f32, Format::ab}, engine());
  const dnnl::matmul::primitive_desc description({a.get_desc(), b.get_desc(), c.get_desc()}, engine());
  return contender(dnnl::matmul(description), {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}}, c,
                   Format::ab);
}

/// At which of pupil's precisions it is compared with oneDNN, and what that is given there.
struct Pairing {
  Opponent opponent;
  Type type;
};
const std::array<Pairing, 3> pairings{{
    {{.peer = "oneDNN", .packs_beforehand = true}, Type::f32},
    {{.peer = "oneDNN", .precision = pupil::Precision::high, .packs_beforehand = true}, Type::f32},
    {{.peer = "oneDNN", .precision = pupil::Precision::medium, .tolerance = 2e-2, .packs_beforehand = true},
     Type::bf16},
}};

/// Whether this machine has what computes at a precision.
bool is_computed_here(pupil::Precision precision) {
  const pupil::PrecisionScope scope(precision);
  return pupil::precision_in_use() == precision;
}

}  // namespace

void add_onednn_comparisons(Index images) {
  for (const Convolution& each : resnet18_convolutions) {
    if (each.kernel_size != 3) continue;
    for (const ConvolutionPass pass : convolution_passes) {
      for (const Pairing& pairing : pairings) {
        if (!is_computed_here(pairing.opponent.precision)) continue;
        const Type type = pairing.type;
        add_convolution_comparison(each, images, pass, pairing.opponent,
                                   [=](const auto& problem) { return onednn_convolution(problem, pass, type); });
      }
    }
  }
  add_product_comparisons("oneDNN", onednn_product);
}

}  // namespace bench
