#include "ranks.hpp"

#include <algorithm>
#include <cstdlib>

#include <pupil/core/errors.hpp>
#include <pupil/core/hash.hpp>
#include <pupil/core/parallel.hpp>

#include "../common/interruption.hpp"

namespace captioner {

namespace {

class OneRank final : public Ranks {
 public:
  pupil::Index rank() const override { return 0; }
  pupil::Index size() const override { return 1; }
  pupil::Index sharing_processors() const override { return 1; }
  void wait_for_all() const override {}
  std::vector<std::string> gather(std::string_view bytes) const override { return {std::string(bytes)}; }
  std::vector<std::string> gather_on_first(std::string_view bytes) const override { return gather(bytes); }
  std::string broadcast(std::string_view bytes) const override { return std::string(bytes); }
  void require_same(std::string_view, const std::string&) const override {}
  void run(pupil::FunctionRef<void()> work) const override { work(); }
  std::unique_ptr<ShardedGradients> shard_gradients(pupil::captioning::TrainedPart<float>,
                                                    pupil::Index shards) const override {
    pupil::require<pupil::OptionError>(shards == 0,
                                       "--shards needs a program that was built with MPI, and this one was not");
    return nullptr;
  }
};

}  // namespace

std::unique_ptr<const Ranks> one_rank() { return std::make_unique<const OneRank>(); }

pupil::captioning::BatchRange shards_of_rank(const Ranks& ranks, pupil::Index shards) {
  pupil::require<pupil::OptionError>(shards % ranks.size() == 0, ranks.size(), " ranks cannot share out ", shards,
                                     " shards equally");
  const pupil::Index each = shards / ranks.size();
  return {ranks.rank() * each, (ranks.rank() + 1) * each};
}

void require_same_list(const Ranks& ranks, std::string_view name, const std::vector<std::string>& list) {
  std::string lines;
  for (const std::string& text : list) lines += text + '\n';
  ranks.require_same(name, pupil::hash_digits(pupil::hash_bytes(lines)));
}

void require_one_rank(std::string_view command) {
  const auto ranks = start_ranks();
  ranks->run([&] {
    pupil::require<pupil::OptionError>(ranks->is_alone(), command, " works as one process, and here are ",
                                       ranks->size(), ": start it without mpirun or srun");
  });
}

void share_processors(const Ranks& ranks) {
  if (std::getenv("OMP_NUM_THREADS") != nullptr) return;
  const auto sharing = static_cast<int>(ranks.sharing_processors());
  if (sharing > 1) pupil::set_num_threads(std::max(1, pupil::num_threads() / sharing));
}

void stop_together(const Ranks& ranks) {
  const int signal = std::ranges::max(gather_values(ranks, std::vector{noted_interruption()}));
  if (signal == 0) return;  // one that has come meanwhile is for the next time: the others do not know of it
  note_interruption(signal);
  throw Interrupted();
}

}  // namespace captioner
