#pragma once
// How the folder of data is to be read, as options of the command line.

#include <array>
#include <string>

#include <CLI/CLI.hpp>

#include <pupil/data/data_form.hpp>

namespace captioner {

inline constexpr const char* data_help =
    "Folder of the data: Flickr8k, Flickr30k, Karpathy's JSON, COCO's captions, a CSV or TSV file, or a .txt beside "
    "each image";

struct FormOption {
  const char* setting;  ///< as a run keeps it; the option is called so too
  std::string pupil::captioning::FormOptions::*value;
  const char* help;
};

inline constexpr std::array form_options{
    FormOption{"form", &pupil::captioning::FormOptions::form,
               "Form of the data: flickr8k, flickr30k, karpathy, coco, table or text-beside-image; not given: the one "
               "that it is in"},
    FormOption{"captions_file", &pupil::captioning::FormOptions::captions_file,
               "File of captions in that folder, where it has several"},
    FormOption{"image_folder", &pupil::captioning::FormOptions::image_folder,
               "Folder of images in that folder, or a whole path"},
    FormOption{"image_column", &pupil::captioning::FormOptions::image_column,
               "Column of a table that names the images"},
    FormOption{"caption_column", &pupil::captioning::FormOptions::caption_column,
               "Column of a table that holds the captions"},
    FormOption{"split_column", &pupil::captioning::FormOptions::split_column,
               "Column of a table that says train, val or test for each row"}};

/// Adds these options.
inline void add_form_options(CLI::App& command, pupil::captioning::FormOptions& options) {
  for (const FormOption& option : form_options) {
    std::string flag = "--" + std::string(option.setting);
    for (char& c : flag) c = c == '_' ? '-' : c;
    command.add_option(flag, options.*option.value, option.help);
  }
}

/// Adds --data, which must be given, and how it is read.
inline void add_data_option(CLI::App& command, std::string& data, pupil::captioning::FormOptions& options) {
  command.add_option("--data", data, data_help)->required();
  add_form_options(command, options);
}

}  // namespace captioner
