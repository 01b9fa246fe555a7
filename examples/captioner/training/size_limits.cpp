#include "size_limits.hpp"

#include <limits>

#include <pupil/core/errors.hpp>
#include <pupil/io/system.hpp>

namespace captioner {

namespace {

using pupil::Index;
using pupil::OptionError;

constexpr double gigabyte = 1e9;

/// Of the machine, in bytes; without end where it cannot be asked.
double memory() {
#if PUPIL_POSIX && defined(_SC_PHYS_PAGES)
  const long pages = ::sysconf(_SC_PHYS_PAGES), page = ::sysconf(_SC_PAGESIZE);
  if (pages > 0 && page > 0) return static_cast<double>(pages) * static_cast<double>(page);
#endif
  return std::numeric_limits<double>::infinity();
}

/// `bytes` is a double because sizes times sizes may be beyond whole numbers.
void require_memory(double bytes, const std::string& options, const char* what) {
  const double there = memory();
  pupil::require<OptionError>(bytes <= there, options, ": ", what, " take ", bytes / gigabyte, " GB, this machine has ",
                              there / gigabyte, " GB");
}

}  // namespace

void require_visible(std::string_view encoder, Index image_size) {
  constexpr Index of_vgg = 32;  // its poolings halve five times and leave out what is over; the others pad
  pupil::require<OptionError>(!encoder.starts_with("vgg") || image_size >= of_vgg, "--image-size: ", image_size,
                              " is less than ", of_vgg, ", and ", encoder, " halves images five times");
}

void require_memory_for_images(Index batch_size, Index image_size) {
  const auto side = static_cast<double>(image_size);
  const double bytes = static_cast<double>(batch_size) * side * side * 3 * sizeof(float);
  require_memory(bytes, pupil::message("--batch-size ", batch_size, " --image-size ", image_size),
                 "the images of one batch alone");
}

void require_possible_sizes(const TrainingSettings& settings) {
  pupil::require<OptionError>(settings.resized() >= settings.image_size, "--resize-to: ", settings.resized(),
                              " is less than --image-size, ", settings.image_size);
  require_visible(settings.encoder, settings.image_size);
  if (!settings.reads_features()) require_memory_for_images(settings.batch_size, settings.image_size);
  const auto hidden = static_cast<double>(settings.hidden_size);
  const auto embedding = static_cast<double>(settings.embedding_size);
  constexpr double copies = 4;  // the weights, their gradients, and two moments of Adam
  require_memory(4 * hidden * (hidden + embedding) * sizeof(float) * copies,
                 pupil::message("--hidden-size ", settings.hidden_size, " --embedding-size ", settings.embedding_size),
                 "the LSTM's weights and their gradients");
}

}  // namespace captioner
