// caption_one: says in one line what a photograph shows, by the captioner in a file.

#include <iostream>

#include <pupil/models/image_captioner.hpp>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: caption_one MODEL.safetensors PHOTO\n";
    return 2;
  }
  try {
    const pupil::captioning::ImageCaptioner captioner(argv[1]);
    std::cout << pupil::captioning::join(captioner.caption(pupil::captioning::read_image(argv[2]))) << '\n';
  } catch (const pupil::Error& error) {
    std::cerr << "caption_one: " << error.what() << '\n';
    return 2;
  }
}
