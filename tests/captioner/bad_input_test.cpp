#include <cstdint>
#include <initializer_list>

#include <pupil/data/flickr8k.hpp>
#include <pupil/io/safetensors.hpp>

#include "program.hpp"

using namespace pupil;
using namespace pupil::captioning;
using namespace pupil::testing;

namespace fs = std::filesystem;

namespace {

/// A copy of the scenes that a test may damage.
struct Scenes {
  TemporaryFolder folder;
  fs::path data = copy_of(trained().data, folder / "data");
  fs::path run = folder / "run";
  fs::path captions = data / "captions.txt";

  Finished train(const Arguments& more = {}) const { return run_program(tiny_training(data, run) + more); }

  /// Checks that training is refused and leaves nothing behind.
  void check_training_refused(const std::vector<std::string>& parts) const {
    check_refused(train(), parts);
    CHECK_FALSE(fs::exists(run));
  }
};

/// A safetensors file with this header and so many bytes of data.
std::string safetensors_bytes(const std::string& header, std::size_t data) {
  std::string bytes;
  for (unsigned shift = 0; shift < 64; shift += 8) {
    bytes += static_cast<char>(static_cast<std::uint64_t>(header.size()) >> shift & 0xFFU);
  }
  return bytes + header + std::string(data, '\0');
}

/// Checks that caption and evaluate both refuse the model file, naming it.
void check_model_refused(const fs::path& model, const std::vector<std::string>& parts) {
  const std::vector<std::string> named{model.string()};
  std::vector<std::string> all = named;
  all.insert(all.end(), parts.begin(), parts.end());
  check_refused(run_program({"caption", "--run", model.string(), trained().image(0)}), all);
  check_refused(run_program({"evaluate", "--run", model.string(), "--data", trained().data.string()}), all);
}

}  // namespace

TEST_CASE("a folder that is absent, or in no form that is read, is refused") {
  if (!has_program()) return;
  const Scenes scenes;
  const auto absent = scenes.folder / "absent";
  check_refused(run_program(tiny_training(absent, scenes.run)), {absent.string()});
  fs::remove(scenes.captions);
  scenes.check_training_refused({scenes.data.string(), "no captions in a form"});
  check_refused(run_program({"evaluate", "--run", trained().run.string(), "--data", scenes.data.string()}),
                {scenes.data.string(), "no captions in a form"});
}

TEST_CASE("a data set without its folder of images is refused") {
  if (!has_program()) return;
  const Scenes scenes;
  fs::remove_all(scenes.data / "Images");
  scenes.check_training_refused({scenes.data.string(), "Images"});
}

TEST_CASE("a broken row of the captions is refused with its line") {
  if (!has_program()) return;
  const Scenes scenes;
  const std::string whole = file_text(scenes.captions);
  const auto lines = std::to_string(line_count(whole) + 1);
  for (const std::string broken : {"scene_00000.jpg", ",a red square", "a,b,c", "scene_00000.jpg,\"never closed"}) {
    CAPTURE(broken);
    put_file(scenes.captions, whole + broken + "\n");
    scenes.check_training_refused({scenes.captions.string(), "line " + lines});
  }
  put_file(scenes.captions, whole.substr(whole.find('\n') + 1));
  scenes.check_training_refused({scenes.captions.string(), "line 1"});
}

TEST_CASE("a split that names absent images is warned of with their number, and they are skipped") {
  if (!has_program()) return;
  const Scenes scenes;
  std::string names;
  for (int i = 0; i < 20; ++i) names += fs::path(trained().image(i)).filename().string() + "\n";
  put_file(scenes.data / "Flickr_8k.trainImages.txt", names + "gone_1.jpg\ngone_2.jpg\n");
  put_file(scenes.data / "Flickr_8k.devImages.txt", fs::path(trained().image(30)).filename().string() + "\n");
  const Finished finished = scenes.train();
  CAPTURE(finished.err);
  CHECK(finished.status == 0);
  CHECK(contains(finished.err, "skipped 2 images named in a split list but absent (gone_1.jpg, gone_2.jpg)"));
}

TEST_CASE("images that are corrupt, truncated or empty are counted, named and skipped in training") {
  if (!has_program()) return;
  const Scenes scenes;
  const CaptionedImages data = read_flickr8k(scenes.data);
  const auto& train = data[Split::train];
  const auto path = [&](std::size_t i) { return scenes.data / "Images" / train[i].image; };
  const std::string whole = file_text(path(1));
  put_file(path(0), "no picture");
  put_file(path(1), std::string_view(whole).substr(0, whole.size() / 2));
  put_file(path(2), "");
  const Finished finished = scenes.train();
  CAPTURE(finished.err);
  CHECK(finished.status == 0);
  CHECK(contains(finished.err, "skipped 3 images"));
  for (std::size_t i = 0; i < 3; ++i) CHECK(contains(finished.err, train[i].image));
  CHECK(fs::exists(scenes.run / "model.safetensors"));
}

TEST_CASE("where no image can be read there is nothing to train on, and nothing is left behind") {
  if (!has_program()) return;
  const Scenes scenes;
  for (const auto& entry : fs::directory_iterator(scenes.data / "Images")) put_file(entry.path(), "x");
  const Finished finished = scenes.train();
  CHECK(finished.status == 2);
  CHECK(contains(lines_of(finished.err).back(), scenes.data.string()));
  CHECK_FALSE(fs::exists(scenes.run));
}

TEST_CASE("one image is too few to train on, and nothing is left behind") {
  if (!has_program()) return;
  const Scenes scenes;
  check_refused(scenes.train({"--limit", "1"}), {scenes.data.string(), "only one train image"});
  CHECK_FALSE(fs::exists(scenes.run));
  check_refused(scenes.train({"--batch-size", "1"}), {"--batch-size", "1"});
}

TEST_CASE("where no caption is left there is nothing to train on, and nothing is left behind") {
  if (!has_program()) return;
  const Scenes scenes;
  put_file(scenes.captions, "image,caption\n");
  scenes.check_training_refused({scenes.data.string(), "no image has a caption with a word"});
  put_file(scenes.captions, "image,caption\nelsewhere.jpg,a picture that is not here\n");
  scenes.check_training_refused({scenes.data.string(), "no caption"});

  std::string wordless = "image,caption\n";
  for (int i = 0; i < 60; ++i) wordless += fs::path(trained().image(i)).filename().string() + ",...\n";
  put_file(scenes.captions, wordless);
  scenes.check_training_refused({scenes.data.string(), "no image has a caption with a word"});
}

TEST_CASE("a run whose folder existed keeps what was in it when the data are bad") {
  if (!has_program()) return;
  const Scenes scenes;
  const auto run = copy_of(trained().run, scenes.run);
  fs::remove(scenes.captions);
  check_refused(scenes.train({"--overwrite"}), {scenes.data.string()});
  CHECK((file_text(run / "model.safetensors") == file_text(trained().run / "model.safetensors")));
  CHECK((file_text(run / "checkpoint.safetensors") == file_text(trained().run / "checkpoint.safetensors")));
}

TEST_CASE("a run that is not there is refused") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto run = folder / "absent";
  check_refused(run_program({"caption", "--run", run.string(), trained().image(0)}), {run.string()});
  check_refused(run_program({"evaluate", "--run", run.string(), "--data", trained().data.string()}), {run.string()});
}

TEST_CASE("a model file that is truncated is refused, wherever it is cut") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const std::string whole = file_text(trained().run / "model.safetensors");
  const auto model = folder / "model.safetensors";
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{5}, std::size_t{200}, whole.size() / 2, whole.size() - 1}) {
    CAPTURE(size);
    put_file(model, std::string_view(whole).substr(0, size));
    check_model_refused(model, {});
  }
}

TEST_CASE("a model file whose tensors overlap or lie outside of it is refused, naming the tensor") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto model = folder / "model.safetensors";
  put_file(model, safetensors_bytes(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                                    R"("b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
                                    12));
  check_model_refused(model, {"\"b\""});
  put_file(model, safetensors_bytes(R"({"far":{"dtype":"F32","shape":[2],"data_offsets":[1000,1008]}})", 8));
  check_model_refused(model, {"\"far\""});
}

TEST_CASE("a model file of something else, or of another architecture, is refused") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto model = folder / "model.safetensors";
  put_file(model, safetensors_bytes(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8));
  check_model_refused(model, {"not a captioner's model"});

  const auto rewritten = [&](const std::string& key, const std::string& text) {
    const SafetensorsFile file(trained().run / "model.safetensors");
    SafetensorsWriter writer;
    for (const std::string& name : file.names()) {
      const auto& info = file.info(name);
      writer.add(name, info.dtype, info.shape, file.raw(name).data());
    }
    for (const auto& [other, value] : file.metadata()) writer.set_metadata(other, value);
    writer.set_metadata(key, text);
    writer.write(model);
  };
  rewritten("hidden_size", "24");
  check_model_refused(model, {"decoder.lstm.weight_ih_l0", "64", "96"});
  rewritten("resize_to", "8");
  check_model_refused(model, {"resize_to is 8, less than image_size, 32"});
  const Finished finished = run_program({"caption", "--run", model.string(), trained().image(0)});
  CHECK_FALSE(contains(finished.err, "captioner: captioner: "));
  rewritten("encoder", "resnet18");
  check_model_refused(model, {"encoder.conv1.weight"});
}

TEST_CASE("a disk that is full leaves the last good checkpoint, from which training goes on") {
  if (!has_program()) return;
  const Scenes scenes;
  REQUIRE(scenes.train().status == 0);
  const auto checkpoint = scenes.run / "checkpoint.safetensors";
  const std::string good = file_text(checkpoint);
  const Finished full =
      run_program({"train", "--out", scenes.run.string(), "--resume", "--epochs", "4"}, good.size() / 2);
  check_refused(full, {scenes.run.string()});
  CHECK((file_text(checkpoint) == good));
  CHECK(std::distance(fs::directory_iterator(scenes.run), {}) == 5);  // model, checkpoint, history, settings, images
  const Finished resumed = run_program({"train", "--out", scenes.run.string(), "--resume", "--epochs", "4"});
  INFO(resumed.err);
  CHECK(resumed.status == 0);
}

TEST_CASE("a disk that is full before anything is trained leaves no run folder") {
  if (!has_program()) return;
  const Scenes scenes;
  constexpr rlim_t largest_file = 4096;  // less than the decoded images; Clang's OpenMP needs a page to begin with
  const Finished full = run_program(tiny_training(scenes.data, scenes.run), largest_file);
  check_refused(full, {scenes.run.string()});
  CHECK_FALSE(fs::exists(scenes.run));
}

TEST_CASE("a loss that is not a number stops training, and the step and the last good checkpoint are named") {
  if (!has_program()) return;
  const Scenes scenes;
  const Finished with = scenes.train({"--learning-rate", "1e30", "--checkpoint-every", "1"});
  CAPTURE(with.err);
  CHECK(with.status == 2);
  const auto checkpoint = scenes.run / "checkpoint.safetensors";
  CHECK(contains(with.err, "epoch 1, step 2"));
  CHECK(contains(with.err, checkpoint.string()));
  CHECK_NOTHROW(SafetensorsFile{checkpoint});

  const fs::path other = scenes.folder / "other";
  const Finished without = run_program(tiny_training(scenes.data, other) + Arguments{"--learning-rate", "1e30"});
  CHECK(without.status == 2);
  CHECK(contains(without.err, "no checkpoint"));
  CHECK_FALSE(fs::exists(other / "model.safetensors"));
}

TEST_CASE("options that the decoder does not have are refused, by their names, and nothing is written") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto run = folder / "run";
  const auto check = [&](const Arguments& arguments) {
    check_refused(run_program(tiny_training(trained().data, run) + arguments), {arguments[2], arguments[1]});
    CHECK_FALSE(fs::exists(run));
  };
  check({"--decoder", "show_and_tell", "--attention-size", "64"});
  check({"--decoder", "show_and_tell", "--tie-weights"});
  check({"--decoder", "show_and_tell", "--project-output"});
  check({"--decoder", "adaptive", "--doubly-stochastic", "0.5"});
  check({"--decoder", "top_down", "--word-loss", "1"});
}
