#pragma once
// The web server on this machine: the page, the interface for programs, and what stands before both.

#include <functional>
#include <memory>
#include <string>

#include "caption_service.hpp"
#include "limits.hpp"

namespace captioner {

class Server {
 public:
  /// Takes the port of 127.0.0.1, or with 0 a free one. Throws pupil::OptionError where it is not to be had.
  Server(int port, const ServeLimits& limits);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// "http://127.0.0.1:8080/"
  const std::string& address() const { return address_; }

  /// Answers requests until `wants_to_stop()`, which is asked every few milliseconds; then finishes those that have
  /// begun. Calls `when_ready()` when the first can come. Throws pupil::Error where no more can be taken.
  void run(CaptionService& service, const std::function<void()>& when_ready,
           const std::function<bool()>& wants_to_stop);

 private:
  class Http;  // so that cpp-httplib is read in one place
  std::unique_ptr<Http> http_;
  std::string address_;
};

}  // namespace captioner
