#include <doctest/doctest.h>

#include <pupil/nn/max_pool1d.hpp>
#include <pupil/nn/max_pool2d.hpp>

#include "../support/golden.hpp"
#include "../support/gradient_check.hpp"
#include "../support/used_twice.hpp"
#include "errors/error_table.hpp"

using namespace pupil;
using namespace pupil::testing;

TEST_CASE_TEMPLATE("max pooling of sequences computes what PyTorch computes", T, float, double) {
  const SafetensorsFile file = fixture("sequence_pooling");
  check_golden_layer<T, 3, 3>(file, "max", MaxPool1d<T>({.kernel_size = 2}));
  check_golden_layer<T, 3, 3>(file, "max padded", MaxPool1d<T>({.kernel_size = 5, .stride = 3, .padding = 2}));
}

TEST_CASE("max pooling of sequences has gradients that agree with differences") {
  Rng rng(1);
  for (const Shape<3> shape : {Shape{1, 3, 1}, Shape{2, 8, 3}}) {
    CAPTURE(shape);
    const auto x = random_tensor<double>(shape, rng);
    check_gradients(MaxPool1d<double>({.kernel_size = 1}), x, rng);
    check_gradients(MaxPool1d<double>({.kernel_size = 3}), x, rng);
    check_gradients(MaxPool1d<double>({.kernel_size = 3, .stride = 1, .padding = 1}), x, rng);
    check_gradients(MaxPool1d<double>({.kernel_size = 2, .stride = 4, .padding = 1}), x, rng);
  }
}

TEST_CASE("max pooling of a sequence is that of an image of one row") {
  Rng rng(2);
  const auto x = random_tensor<float>(Shape{2, 9, 3}, rng);
  CHECK(MaxPool1d<float>({.kernel_size = 3, .stride = 2, .padding = 1}).forward(x).reshaped(Shape{2, 1, 5, 3}) ==
        MaxPool2d<float>({.kernel_size = {1, 3}, .stride = {1, 2}, .padding = {0, 1}})
            .forward(x.reshaped(Shape{2, 1, 9, 3})));
}

TEST_CASE("max pooling of sequences gives the same bits in training, and says its shape") {
  Rng rng(3);
  const auto x = random_tensor<float>(Shape{3, 301, 24}, rng);
  const MaxPool1d<float> pool({.kernel_size = 4, .stride = 3, .padding = 2});
  MaxPool1d<float>::Context context;
  const auto y = pool.forward(x);
  CHECK(y == pool.forward(x, context));
  CHECK(pool.output_shape(x.shape()) == y.shape());
  CHECK(y.shape() == Shape{3, 101, 24});
}

TEST_CASE("max pooling of sequences may be used twice in one model") {
  Rng rng(4);
  check_used_twice(MaxPool1d<float>({.kernel_size = 2}), random_tensor<float>(Shape{2, 7, 3}, rng),
                   random_tensor<float>(Shape{1, 4, 2}, rng));
}

TEST_CASE("max pooling of sequences names both sides of every error") {
  using Pool = MaxPool1d<float>;
  using Options = MaxPool1dOptions;
  const Pool pool({.kernel_size = 5, .stride = 1, .padding = 1});
  Pool used({.kernel_size = 2});
  check_errors({
      {"kernel size", made_with<Pool>(Options{.kernel_size = 0}), typeid(OptionError),
       "max_pool1d: the kernel size is 0, not at least 1"},
      {"stride", made_with<Pool>(Options{.kernel_size = 2, .stride = 0}), typeid(OptionError),
       "max_pool1d: the stride is 0, not at least 1"},
      {"negative padding", made_with<Pool>(Options{.kernel_size = 2, .padding = -1}), typeid(OptionError),
       "max_pool1d: the padding -1 is not between 0 and half the kernel size 2"},
      {"too much padding", made_with<Pool>(Options{.kernel_size = 3, .padding = 2}), typeid(OptionError),
       "max_pool1d: the padding 2 is not between 0 and half the kernel size 3"},
      {"kernel with more elements than are counted", made_with<Pool>(Options{.kernel_size = 65537}),
       typeid(OptionError), "max_pool1d: the kernel size 65537 is more than 65536 elements"},
      {"sequence without steps", every_pass(pool, Sequences({1, 0, 4})), typeid(ShapeError),
       "max_pool1d: the input [1, 0, 4] has no steps"},
      {"too short a sequence", every_pass(pool, Sequences({1, 2, 4})), typeid(ShapeError),
       "max_pool1d: the input [1, 2, 4] with padding 1 is shorter than the window 5"},
      {"gradient", backward_of(pool, Sequences({1, 7, 4}), Sequences({1, 4, 4})), typeid(ShapeError),
       "max_pool1d: the gradient [1, 4, 4] does not fit the output [1, 5, 4]"},
      {"empty context", backward_of_nothing(pool, Sequences({1, 5, 4})), typeid(ContextError),
       "max_pool1d: backward needs the context of a forward, and this one holds none"},
      {"context that was not read",
       [&] {
         Pool::Context context;
         used.forward(Sequences({1, 7, 4}), context);
         used.forward(Sequences({1, 7, 4}), context);
       },
       typeid(ContextError),
       "max_pool1d: the context is of an earlier forward that backward has not used; give each forward a context of "
       "its "
       "own, or empty it where no backward will follow: context = {}"},
  });
}
