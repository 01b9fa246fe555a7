// says: layer_is_given_a_tensor<2(UL)?, pupil::Dense<float>, pupil::RecurrentOutput<float
// says: is given what is no tensor
#include "small_net.hpp"

using Model = Sequential<Embedding<float>, Lstm<float>, Dense<float>>;
auto scores(const Model& model, const Tensor<std::int32_t, 2>& words) { return model.forward(words); }
