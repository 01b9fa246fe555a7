#include "settings_identity.hpp"

#include <span>
#include <string_view>
#include <variant>

#include <nlohmann/json.hpp>

#include <pupil/core/hash.hpp>
#include <pupil/io/mapped_file.hpp>
#include <pupil/kernels/precision.hpp>

namespace captioner {

namespace {

using OrderedJson = nlohmann::ordered_json;

OrderedJson described(const pupil::captioning::CaptionConstraints& constraints) {
  const auto& [min_length, block_ngrams, never, begin, no_repetition, conjunctions] = constraints;
  return {min_length, block_ngrams, never, begin, no_repetition, conjunctions};
}

OrderedJson described(const pupil::captioning::BeamSearchOptions& search) {
  return {"searched",    search.width,     search.max_length.value_or(-1), search.length_penalty, search.captions,
          search.groups, search.diversity, described(search.constraints)};
}

OrderedJson described(const pupil::captioning::SamplingOptions& sampling) {
  return {"drawn",
          sampling.samples,
          sampling.max_length.value_or(-1),
          sampling.draw.temperature,
          sampling.draw.top_k,
          sampling.draw.top_p,
          sampling.seed,
          described(sampling.constraints)};
}

std::string hash_of_file(const std::string& path) {
  const pupil::MappedFile file(path);
  const std::string hash =
      pupil::hash_digits(pupil::hash_bytes({reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()}));
  file.release_pages();
  return hash;
}

}  // namespace

std::string settings_identity(const CaptionMaker& maker) {
  OrderedJson all = std::visit([](const auto& settings) { return described(settings); }, maker.settings());
  for (const RunInfo& run : maker.runs()) all.push_back(hash_of_file(run.file));
  for (const ImageFormat& format : maker.formats()) all.push_back(format.mirrored);
  all.push_back(pupil::precision_name(pupil::precision_in_use()));
  return pupil::hash_digits(pupil::hash_bytes(all.dump()));
}

}  // namespace captioner
