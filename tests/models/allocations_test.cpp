// Counts every `operator new` of this program while a captioner trains: tensors, vectors, functions, all of it.

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <pupil/models/captioner_training.hpp>
#include <pupil/optim/moving_average.hpp>

#include "tiny_captioner.hpp"

namespace {

std::atomic<std::int64_t> allocations{0};

void* counted(void* block) {
  ++allocations;
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

std::size_t rounded_up(std::size_t size, std::size_t alignment) {
  return (size + alignment - 1) / alignment * alignment;
}

}  // namespace

// new[] ends up in these. The nothrow form stands here too, because a sanitizer has one of its own. Inlined, they would
// make GCC warn of new with free.
[[gnu::noinline]] void* operator new(std::size_t size) { return counted(std::malloc(size == 0 ? 1 : size)); }
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto bytes = static_cast<std::size_t>(alignment);
  return counted(std::aligned_alloc(bytes, rounded_up(size == 0 ? 1 : size, bytes)));
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::align_val_t) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t, std::align_val_t) noexcept { std::free(block); }

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace {

void check_allocations(const CaptionerOptions& options, int threads) {
  CAPTURE(options.encoder);
  CAPTURE(options.decoder);
  CAPTURE(threads);
  const int threads_before = num_threads();
  set_num_threads(threads);
  Rng rng(1);
  Captioner<float> captioner(options, tiny_vocabulary(), rng);
  Adam<float> adam({.learning_rate = 0.01, .groups = {{.prefix = "encoder", .learning_rate_factor = 0.5}}});
  MovingAverage average(captioner);
  CaptionerContext<float> context;
  const auto images = tiny_images<float>(32, rng);
  const Batch batch = tiny_batch();
  const auto step = [&] {
    train_captioner(captioner, adam, images, batch.blocks(), {}, context);
    average.update(captioner);
  };
  step();
  step();
  const std::int64_t before = allocations;
  REQUIRE(before > 0);
  for (int i = 0; i < 3; ++i) step();
  CHECK(allocations - before == 0);
  set_num_threads(threads_before);
}

}  // namespace

TEST_CASE("a training step takes nothing from the heap from the third on") {
  for (const int threads : {1, 2}) {
    for (const std::string encoder : {"small", "resnet18", "mobilenet_v2"}) {
      auto options = tiny_captioner_options(encoder, 32);
      options.dropout = 0.3;
      options.word_loss = 1;
      check_allocations(options, threads);
    }
    for (const std::string_view decoder : decoder_names) {
      auto options = tiny_captioner_options("small", 32);
      options.decoder = decoder;
      options.dropout = 0.3;
      options.doubly_stochastic = decoder == "attention" ? 1 : 0;
      options.projected = options.tied = decoder != "show_and_tell";
      check_allocations(options, threads);
    }
  }
}
