#pragma once
// Other metadata in a safetensors file, all else in it as it was.

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include <pupil/io/safetensors.hpp>

namespace pupil::captioning {

/// Writes the file anew with these texts by key in its metadata, in place of those of the same keys, and without those
/// of keys that begin with `dropped`, where that is not empty: all or nothing. Throws FileError, and the older file
/// stays.
inline void rewrite_metadata(const std::filesystem::path& path, const std::map<std::string, std::string>& texts,
                             std::string_view dropped = {}) {
  const SafetensorsFile file(path);
  SafetensorsWriter writer;
  for (const std::string& name : file.names()) {
    const TensorInfo& tensor = file.info(name);
    writer.add(name, tensor.dtype, tensor.shape, file.raw(name).data());
  }
  for (const auto& [key, text] : file.metadata()) {
    if (dropped.empty() || !key.starts_with(dropped)) writer.set_metadata(key, text);
  }
  for (const auto& [key, text] : texts) writer.set_metadata(key, text);
  writer.write(path);
}

}  // namespace pupil::captioning
