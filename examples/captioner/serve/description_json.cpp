#include "description_json.hpp"

#include <cmath>

#include <pupil/text/tokenizer.hpp>

#include "../captions/captioning.hpp"

namespace captioner {

namespace {

/// So many digits are more than anybody sees, and a tenth of the bytes.
double rounded(float weight) { return std::round(static_cast<double>(weight) * 1e5) / 1e5; }

nlohmann::ordered_json caption_json(const SaidCaption& caption) {
  return {
      {"caption", caption.text}, {"sentence", caption.sentence}, {"probability", std::exp(caption.log_probability)}};
}

/// The grid lies over the part of the image that the captioner sees: its middle, which is given in parts of its width
/// and height.
nlohmann::ordered_json attention_json(const pupil::Tensor<float, 2>& attention,
                                      const pupil::captioning::Sentence& words, const ImageFormat& format) {
  if (attention.size() == 0) return nullptr;
  const auto side = static_cast<Index>(std::lround(std::sqrt(attention.columns())));
  if (side * side != attention.columns()) return nullptr;
  const double seen = static_cast<double>(format.image_size) / static_cast<double>(format.resize_to);
  nlohmann::ordered_json weights = nlohmann::ordered_json::array();
  for (Index word = 0; word < attention.rows(); ++word) {
    nlohmann::ordered_json& row = weights.emplace_back(nlohmann::ordered_json::array());
    for (Index i = 0; i < attention.columns(); ++i) row.push_back(rounded(attention.row(word)[i]));
  }
  return {{"words", words}, {"rows", side}, {"columns", side}, {"seen", seen}, {"weights", std::move(weights)}};
}

}  // namespace

nlohmann::ordered_json description_json(const ImageDescription& description, const pupil::Tensor<float, 2>& attention,
                                        const CaptionMaker& maker) {
  const pupil::captioning::FoundCaption& best = description.captions.front();
  nlohmann::ordered_json json = caption_json(said(maker, best));
  json["confidence"] =
      description.confidence ? nlohmann::ordered_json(*description.confidence) : nlohmann::ordered_json(nullptr);
  nlohmann::ordered_json& alternatives = json["alternatives"] = nlohmann::ordered_json::array();
  for (std::size_t i = 1; i < description.captions.size(); ++i) {
    alternatives.push_back(caption_json(said(maker, description.captions[i])));
  }
  json["attention"] = attention_json(attention, maker.vocabulary().decode(best.words), maker.formats().front());
  return json;
}

}  // namespace captioner
