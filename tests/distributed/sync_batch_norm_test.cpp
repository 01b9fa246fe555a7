#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include <pupil/distributed/distributed_gradients.hpp>
#include <pupil/distributed/sync_batch_norm.hpp>

#include "small_net.hpp"
#include "world.hpp"

using namespace pupil;
using namespace pupil::testing;

namespace {

Examples part_here() { return part_of_batch(world().rank(), world().size()); }

}  // namespace

TEST_CASE("ranks that share their batch norms train as one that has the whole batch") {
  SmallNet whole = small_net();
  SmallNet net = small_net();
  synchronize_batch_norms(net, world());
  DistributedGradients<float> gradients(world(), net);
  for (int step = 0; step < 3; ++step) {
    CAPTURE(step);
    zero_gradients(whole);
    add_gradients(whole, part_of_batch(0, 1));
    zero_gradients(net);
    add_gradients(net, part_here(), [&](auto& layer) { gradients.finished(layer); });
    gradients.finish();
    CHECK(largest_difference(gradients_of(net), gradients_of(whole)) < 1e-5);
    CHECK(largest_difference(buffers_of(net), buffers_of(whole)) < 1e-6);
  }
}

TEST_CASE("the averages that shared batch norms keep are the same bits on all ranks") {
  SmallNet net = small_net();
  synchronize_batch_norms(net, world());
  add_gradients(net, part_here());
  const std::vector<float> buffers = buffers_of(net);
  const auto of_all =
      world().all_gather({reinterpret_cast<const char*>(buffers.data()), buffers.size() * sizeof(float)});
  CHECK(std::ranges::count(of_all, of_all.front()) == static_cast<std::ptrdiff_t>(of_all.size()));
}

TEST_CASE("batch norms that do not share know their own part alone") {
  if (world().size() == 1) return;
  SmallNet whole = small_net(), shared = small_net();
  synchronize_batch_norms(shared, world());
  synchronize_batch_norms(shared, Communicator());
  add_gradients(whole, part_of_batch(0, 1));
  add_gradients(shared, part_here());
  CHECK(largest_difference(buffers_of(shared), buffers_of(whole)) > 1e-3);
}
