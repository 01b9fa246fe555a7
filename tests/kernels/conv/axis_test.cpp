#include <vector>

#include <doctest/doctest.h>

#include <pupil/kernels/conv/axis.hpp>

using namespace pupil;
using namespace pupil::kernels;

namespace {

/// Calls `use(axis)` for all small axes.
template <class Use>
void for_each_small_axis(const Use& use) {
  for (Index inputs = 1; inputs <= 6; ++inputs) {
    for (Index kernel = 1; kernel <= 4; ++kernel) {
      for (Index stride = 1; stride <= 5; ++stride) {
        for (Index dilation = 1; dilation <= 4; ++dilation) {
          for (Index padding = 0; padding <= 3; ++padding) {
            const Index outputs = output_extent(inputs, kernel, stride, padding, 1, dilation);
            const ConvAxis axis{inputs, outputs, kernel, stride, dilation, padding};
            CAPTURE(inputs);
            CAPTURE(kernel);
            CAPTURE(stride);
            CAPTURE(dilation);
            CAPTURE(padding);
            use(axis);
          }
        }
      }
    }
  }
}

/// The meetings in order, spelled out: tap, pixel, tap, pixel, ...
std::vector<Index> spelled_out(const Meetings& meetings) {
  std::vector<Index> all;
  for (Index i = 0; i < meetings.count; ++i) {
    all.push_back(meetings.tap + i * meetings.tap_step);
    all.push_back(meetings.pixel + i * meetings.pixel_step);
  }
  return all;
}

/// Calls `use(output, tap, input)` for all that meet inside the input.
template <class Use>
void for_each_meeting(const ConvAxis& axis, const Use& use) {
  for (Index output = 0; output < axis.outputs; ++output) {
    for (Index tap = 0; tap < axis.kernel; ++tap) {
      const Index input = output * axis.stride + tap * axis.dilation - axis.padding;
      if (input >= 0 && input < axis.inputs) use(output, tap, input);
    }
  }
}

}  // namespace

TEST_CASE("outputs know the inputs that they read, and inputs the outputs that read them") {
  for_each_small_axis([](const ConvAxis& axis) {
    std::vector<std::vector<Index>> of_outputs(static_cast<std::size_t>(axis.outputs));
    std::vector<std::vector<Index>> of_inputs(static_cast<std::size_t>(axis.inputs));
    for (Index tap = 0; tap < axis.kernel; ++tap) {
      for_each_meeting(axis, [&](Index output, Index met, Index input) {
        if (met != tap) return;
        auto& outputs_list = of_outputs[static_cast<std::size_t>(output)];
        auto& inputs_list = of_inputs[static_cast<std::size_t>(input)];
        outputs_list.insert(outputs_list.end(), {tap, input});
        inputs_list.insert(inputs_list.end(), {tap, output});
      });
    }
    const auto inputs = axis.inputs_of_outputs();
    const auto outputs = axis.outputs_of_inputs();
    REQUIRE(inputs.size() == axis.outputs);
    REQUIRE(outputs.size() == axis.inputs);
    for (Index o = 0; o < axis.outputs; ++o) {
      REQUIRE(spelled_out(inputs.data()[o]) == of_outputs[static_cast<std::size_t>(o)]);
    }
    for (Index i = 0; i < axis.inputs; ++i) {
      REQUIRE(spelled_out(outputs.data()[i]) == of_inputs[static_cast<std::size_t>(i)]);
    }
  });
}

TEST_CASE("the outputs for which a tap falls inside the input are a range") {
  for_each_small_axis([](const ConvAxis& axis) {
    for (Index tap = 0; tap < axis.kernel; ++tap) {
      Range expected;
      for_each_meeting(axis, [&](Index output, Index met, Index) {
        if (met != tap) return;
        if (expected.begin == expected.end) expected.begin = output;
        expected.end = output + 1;
      });
      const Range found = axis.outputs_inside(tap);
      REQUIRE(found.begin == expected.begin);
      REQUIRE(found.end == expected.end);
    }
  });
}
