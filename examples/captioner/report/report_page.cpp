#include "report_page.hpp"

#include <array>

#include <pupil/core/errors.hpp>
#include <pupil/io/image.hpp>

#include "../common/interruption.hpp"
#include "../common/progress_line.hpp"
#include "calibration_plot.hpp"
#include "examples.hpp"
#include "gallery.hpp"
#include "how_made.hpp"
#include "html.hpp"
#include "page.hpp"
#include "word_use.hpp"

namespace captioner::report {

namespace {

/// The page's sections, in their order.
struct Sections {
  static constexpr Section scores{"scores", "Scores"};
  static constexpr Section photographs{"gallery", "Photographs"};
  static constexpr Section training{"training", "Training"};
  static constexpr Section words{"words", "Words"};
  static constexpr Section confidence{"confidence", "Confidence"};
  static constexpr Section made{"made", "How this was made"};

  static constexpr std::array all{scores, photographs, training, words, confidence, made};
};

std::string names_of(const PageContents& contents) {
  return pupil::joined(contents.runs, ", ", [](const ReportedRun& run) { return run.info.run; });
}

std::string header_html(const PageContents& contents) {
  const std::size_t count = contents.measured.samples.size();
  std::string html =
      pupil::message("<header>\n<h1>What a captioner says of ", count, count == 1 ? " photograph" : " photographs",
                     "</h1>\n<p>Captioner: ", escaped(names_of(contents)), ". Photographs: the ",
                     pupil::captioning::split_name(contents.split), " split of ", escaped(contents.data),
                     ".</p>\n<nav aria-label=\"Contents\"><ul>");
  for (const Section& section : Sections::all) {
    html += pupil::message("<li><a href=\"#", section.id, "\">", section.heading, "</a></li>");
  }
  return html + "</ul></nav>\n</header>\n<main>\n";
}

Card card_of(const PageContents& contents, const Example& example, const CaptionMaker& maker) {
  const CaptionedSplit& measured = contents.measured;
  const CaptionedSample& said = measured.samples[example.place];
  const pupil::captioning::Image image = pupil::captioning::read_image(said.file);
  return {said,
          measured.scores.cider_d_of_image[example.place],
          measured.scores.rouge_l_of_image[example.place],
          example.groups,
          embed(image),
          measured.candidates[example.place],
          attention_of(maker, image, measured.candidates[example.place])};
}

/// What the photographs are, and how the look of the captioner can be seen, if there is any.
std::string gallery_note(const PageContents& contents, bool looks) {
  const std::size_t count = contents.examples;
  std::string note =
      pupil::message("<p>Each photograph with what the captioner says of it, and what people wrote: the ", count,
                     " with the highest CIDEr-D, the ", count, " with the lowest, and ", count, " by chance. ");
  if (!looks) return note + "This captioner does not look at parts of a photograph, so its look cannot be shown.</p>\n";
  note +=
      "Point at a word of a caption, tap it, or move to it with Tab and the arrow keys: the photograph stays bright "
      "where the captioner looked when it said that word. A percentage below it is the part of that look which was at "
      "the photograph; the rest was at the words before.";
  if (contents.runs.size() > 1) note += " Of the captioners that speak together, that is the first one's look.";
  return note + "</p>\n";
}

void write_gallery(pupil::AtomicFile& page, const PageContents& contents, const CaptionMaker& maker) {
  const auto examples = choose_examples(contents.measured.scores.cider_d_of_image, contents.examples, contents.seed);
  ProgressLine line;
  std::size_t written = 0;
  for (const Example& example : examples) {
    stop_if_interrupted();
    const Card card = card_of(contents, example, maker);
    if (written == 0) {
      page.write(gallery_note(contents, !card.attention.bytes.empty()));
      page.write(gallery_begin(card.said.confidence.has_value()));
    }
    page.write(to_html(card));
    line.show("photographs: " + std::to_string(++written) + " of " + std::to_string(examples.size()));
  }
  page.write(gallery_end());
}

std::string how_made_html(const PageContents& contents, const CaptionMaker& maker) {
  return "<p>Captions were made by " + decoding_in_words(maker.settings()) + ". The command was:</p>\n<pre>" +
         escaped(contents.command) + "</pre>\n" + all_settings_html(contents.runs);
}

}  // namespace

void write_page(pupil::AtomicFile& page, const PageContents& contents, const CaptionMaker& maker) {
  const CaptionedSplit& measured = contents.measured;
  const auto write_section = [&](const Section& section, const std::string& html) {
    page.write(section_begin(section) + html + section_end());
  };
  page.write(page_begin(pupil::message("Captions of the ", pupil::captioning::split_name(contents.split), " split by ",
                                       names_of(contents))));
  page.write(header_html(contents));
  write_section(Sections::scores, scores_html(measured));
  page.write(section_begin(Sections::photographs));
  write_gallery(page, contents, maker);
  page.write(section_end());
  write_section(Sections::training, training_html(contents.runs));
  write_section(Sections::words, to_html(measure_word_use(measured.candidates, measured.reference_words)));
  write_section(Sections::confidence, calibration_html(measured.confidence));
  write_section(Sections::made, how_made_html(contents, maker));
  page.write("</main>\n" + page_end());
}

}  // namespace captioner::report
