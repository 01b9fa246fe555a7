#include "caption_run.hpp"

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <pupil/core/errors.hpp>
#include <pupil/io/file_lock.hpp>

#include "../../command_line/program.hpp"
#include "../common/interruption.hpp"
#include "../ranks/ranks.hpp"
#include "beside.hpp"
#include "caption_maker.hpp"
#include "caption_output.hpp"
#include "caption_progress.hpp"
#include "done_list.hpp"
#include "settings_identity.hpp"
#include "shared_captioning.hpp"
#include "trust_options.hpp"

namespace captioner {

namespace {

/// What ranks caption together has to be captioned alike.
void require_same_captions(const Ranks& ranks, const CaptionMaker& maker) {
  if (!ranks.is_alone()) ranks.require_same("captioner and search", settings_identity(maker));
}

/// What the first rank does: it reads the list and writes, and the others help to caption.
class CaptionRun {
 public:
  CaptionRun(const CaptionArguments& arguments, const Ranks& ranks, ExitStatus& status)
      : arguments_(arguments),
        ranks_(ranks),
        status_(status),
        format_(chosen_format(arguments)),
        lock_(lock(arguments)),
        done_(done_list(arguments, format_)),
        images_(arguments.images,
                [this](const std::string& text, bool is_fault) {
                  if (is_fault) has_faults_ = true;
                  progress_.complain(text);
                }),
        maker_(arguments.runs, arguments.search, WeightsAre::prepared),
        settings_(done_ ? settings_identity(maker_) : "") {
    check_trust_options(arguments.trust, maker_);
    for (const std::string& name : arguments.beside) beside_.push_back(&beside_file_named(name));
  }

  void say_what_is_to_do() {
    CaptionCounts counts;
    while (const auto request = next()) {
      stop_if_interrupted();
      counts.add(*request);
      const char* const what = request->is_done ? "done" : request->earlier ? "again" : "caption";
      command_line::write_output(std::string(what) + '\t' + command_line::field(request->path) + "\n");
    }
    progress_.complain(counts.plan());
    note_faults();
  }

  void run() {
    require_same_captions(ranks_, maker_);
    if (can_be_listed_twice(arguments_.images)) progress_.expect(count_images());
    if (done_) done_->open();
    CaptionOutput output(format_.make(format_settings()), arguments_.out);
    progress_.begin();
    hand_out_images(
        maker_, ranks_, [this] { return next(); },
        [&](std::span<const CaptionedImage> images) {
          take(images, output);
          progress_.show(images);
          if (arguments_.out) stop_if_interrupted_with(*arguments_.out);
        });
    if (arguments_.out) stop_if_interrupted_with(*arguments_.out);
    output.finish();
    note_faults();
    progress_.clear();
    if (arguments_.out) command_line::write_output(*arguments_.out + ": " + progress_.counts().summary() + "\n");
  }

 private:
  static std::optional<pupil::captioning::FileLock> lock(const CaptionArguments& arguments) {
    if (!arguments.out || arguments.dry_run) return std::nullopt;
    return pupil::captioning::lock_output(*arguments.out, "captions are being written into it");
  }

  static std::optional<DoneList> done_list(const CaptionArguments& arguments, const FormatChoice& format) {
    if (!arguments.out) return std::nullopt;
    return std::optional<DoneList>(std::in_place, *arguments.out, format.name);
  }

  FormatSettings format_settings() const {
    return {arguments_.search.captions.has_value(), arguments_.sentence.value_or(format_.is_for_people),
            arguments_.trust.confidence, std::filesystem::path(arguments_.out.value_or("")).parent_path()};
  }

  /// The next image of the list, and what is known of it.
  std::optional<ImageRequest> next() {
    auto path = images_.next();
    if (!path) return std::nullopt;
    ImageRequest request{std::move(*path)};
    if (!done_) return request;
    request.state = file_state(request.path);
    if (auto entry = done_->find(request.path)) {
      request.is_done = request.state == entry->state && entry->settings == settings_;
      request.earlier = std::move(entry->result);
    }
    return request;
  }

  CaptionCounts count_images() {
    CaptionCounts counts;
    while (const auto request = next()) {
      stop_if_interrupted();
      counts.add(*request);
    }
    images_.restart();
    return counts;
  }

  /// First beside the images: where it ends here, they are captioned again, and what is there is known as ours.
  void take(std::span<const CaptionedImage> images, CaptionOutput& output) {
    std::vector<DoneEntry> entries;
    std::vector<CaptionedImage> said(images.begin(), images.end());
    for (auto& [request, result] : said) {
      if (!result.caption) complain(result.error);
      if (result.caption && request.state && !request.is_done) entries.push_back({*request.state, settings_, result});
      result = trusted(std::move(result));
      if (request.earlier) request.earlier = trusted(std::move(*request.earlier));
      if (result.caption && !result.caption->empty()) put_beside(request, result);
    }
    if (done_) done_->add(entries);
    progress_.clear_for_output();
    output.add(said);
  }

  CaptionResult trusted(CaptionResult result) const {
    return as_trusted(std::move(result), arguments_.trust, maker_.runs().front().word_forms);
  }

  /// Of an image that was done before, a file that is there may have been corrected since.
  void put_beside(const ImageRequest& request, const CaptionResult& result) {
    for (const BesideFile* const kind : beside_) {
      if (request.is_done && std::filesystem::exists(kind->path(request.path))) continue;
      try {
        if (const auto kept = write_beside(*kind, result, request.earlier)) complain(*kept);
      } catch (const pupil::FileError& error) {
        complain(error.what());
      }
    }
  }

  void complain(const std::string& fault) {
    status_.value = 1;
    progress_.complain(fault);
  }

  void note_faults() {
    if (has_faults_) status_.value = 1;
  }

  static void stop_if_interrupted_with(const std::string& out) {
    if (is_interrupted())
      throw Interrupted("interrupted; " + out + " is complete so far, and the same command goes on");
  }

  const CaptionArguments& arguments_;
  const Ranks& ranks_;
  ExitStatus& status_;
  CaptionProgress progress_{arguments_.out.has_value()};
  std::atomic<bool> has_faults_{false};  // the list may be read by another thread
  const FormatChoice& format_;
  std::optional<pupil::captioning::FileLock> lock_;
  std::optional<DoneList> done_;
  ImageList images_;
  CaptionMaker maker_;
  std::string settings_;
  std::vector<const BesideFile*> beside_;
};

void help_first_rank(const CaptionArguments& arguments, const Ranks& ranks) {
  const CaptionMaker maker(arguments.runs, arguments.search, WeightsAre::prepared);
  require_same_captions(ranks, maker);
  caption_handed_out(maker, ranks);
}

void caption_as(const Ranks& ranks, const CaptionArguments& arguments, ExitStatus& status) {
  ranks.require_same("version", CAPTIONER_VERSION);
  ranks.require_same("--dry-run", arguments.dry_run ? "on" : "off");
  share_processors(ranks);
  ProgressLine line(!ranks.is_first());
  begin_to_compute(arguments.compute, line);
  if (!ranks.is_first()) {
    if (!arguments.dry_run) help_first_rank(arguments, ranks);
    return;
  }
  CaptionRun run(arguments, ranks, status);
  if (arguments.dry_run) {
    run.say_what_is_to_do();
  } else {
    run.run();
  }
}

}  // namespace

void run_caption(const CaptionArguments& arguments, ExitStatus& status) {
  check_caption_arguments(arguments);
  command_line::require_output();
  if (arguments.out) note_interruptions();
  const auto ranks = start_ranks();
  ranks->run([&] { caption_as(*ranks, arguments, status); });
}

}  // namespace captioner
