#pragma once
// Weights that people have from elsewhere, as commands take them.

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <pupil/models/image_network.hpp>
#include <pupil/models/pretrained_weights.hpp>

#include "progress_line.hpp"

namespace captioner {

/// --weights FILE, and --encoder for who wants to be sure what they are of.
inline void add_weights_options(CLI::App& command, std::string& weights, std::string& encoder) {
  command
      .add_option("--weights", weights,
                  "Pretrained weights: safetensors with the names of torchvision, timm or Hugging Face")
      ->required();
  const auto& names = pupil::image_architectures;
  command.add_option("--encoder", encoder, "The architecture that they must be of; at first any")
      ->check(CLI::IsMember(std::vector<std::string>(names.begin(), names.end())));
}

/// The network that the weights are of. Throws FileError where it is not the one that was asked for, if one was.
inline pupil::ImageNetworkOptions network_options(const pupil::PretrainedWeights& weights, const std::string& encoder,
                                                  pupil::Index image_size = 0) {
  pupil::require<pupil::FileError>(encoder.empty() || encoder == weights.architecture(), weights.path().string(),
                                   ": these are weights of ", weights.architecture(), ", not of ", encoder);
  pupil::ImageNetworkOptions options = weights.network_options();
  if (image_size > 0) options.image_size = image_size;
  return options;
}

/// Says on standard error what of a file of weights is left out, if anything is.
inline void mention_ignored(const pupil::PretrainedWeights& weights, ProgressLine& line) {
  const std::vector<std::string> ignored = weights.ignored();
  if (ignored.empty()) return;
  line.print(pupil::message("captioner: ", weights.path().string(), ": ", ignored.size(),
                            ignored.size() == 1 ? " tensor is" : " tensors are", " no part of ", weights.architecture(),
                            " and left out, the first is ", pupil::json_quoted(ignored.front())));
}

}  // namespace captioner
