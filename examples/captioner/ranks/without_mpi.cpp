// One rank alone, in a program that was built without MPI.

#include <pupil/core/errors.hpp>

#include "ranks.hpp"

namespace captioner {

namespace {

class OneRank final : public Ranks {
 public:
  pupil::Index rank() const override { return 0; }
  pupil::Index size() const override { return 1; }
  pupil::Index sharing_processors() const override { return 1; }
  void wait_for_all() const override {}
  std::vector<std::string> gather(std::string_view bytes) const override { return {std::string(bytes)}; }
  void require_same(std::string_view, const std::string&) const override {}
  void run(pupil::FunctionRef<void()> work) const override { work(); }
  std::unique_ptr<ShardedGradients> shard_gradients(pupil::TrainedPart<float>, pupil::Index shards) const override {
    pupil::require<pupil::OptionError>(shards == 0,
                                       "--shards needs a program that was built with MPI, and this one was not");
    return nullptr;
  }
};

}  // namespace

std::unique_ptr<const Ranks> start_ranks() { return std::make_unique<const OneRank>(); }

}  // namespace captioner
