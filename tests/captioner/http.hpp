#pragma once
// Just enough of HTTP to ask captioner serve, byte by byte where a test wants to.

#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "program.hpp"

namespace pupil::testing {

struct HttpAnswer {
  int status = 0;       ///< 0: the connection ended without one
  std::string headers;  ///< with the first line, each line with its \r\n
  std::string body;
};

/// One connection to a port of this machine.
class HttpConnection {
 public:
  explicit HttpConnection(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;
  ~HttpConnection() { ::close(socket_); }

  bool connected() const { return connected_; }

  /// False where the other side takes no more.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  /// Whether an answer, or the end of the connection, is there to be read.
  bool is_answered() const {
    pollfd waiting{socket_, POLLIN, 0};
    return ::poll(&waiting, 1, 0) > 0;
  }

  /// Nothing more is sent.
  void finish_sending() const { ::shutdown(socket_, SHUT_WR); }

  /// Everything up to the end of the connection.
  HttpAnswer answer() const {
    std::string text;
    char buffer[4096];
    for (ssize_t count = 1; count > 0;) {
      count = ::recv(socket_, buffer, sizeof buffer, 0);
      if (count > 0) text.append(buffer, static_cast<std::size_t>(count));
    }
    const std::size_t end = text.find("\r\n\r\n");
    if (!text.starts_with("HTTP/1.1 ") || end == std::string::npos) return {};
    return {std::atoi(text.c_str() + 9), text.substr(0, end + 2), text.substr(end + 4)};
  }

 private:
  int socket_;
  bool connected_ = false;
};

/// A request with a Host, its other headers each with its \r\n, and a body whose length is said.
inline std::string http_request(std::string_view method, std::string_view path, std::string_view body = "",
                                std::string_view headers = "") {
  std::string text = std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n";
  text += headers;
  if (method == "POST") text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return text + "\r\n" + std::string(body);
}

inline std::string caption_request(std::string_view image, std::string_view headers = "") {
  return http_request("POST", "/api/caption", image, headers);
}

inline HttpAnswer ask(int port, std::string_view request) {
  const HttpConnection connection(port);
  connection.send(request);
  return connection.answer();
}

/// captioner serve on a free port, ready; by default with the run that all tests share.
class Serving {
 public:
  explicit Serving(const Arguments& more = {}, const std::filesystem::path& run = trained().run)
      : program_(Arguments{"serve", "--run", run.string(), "--port", "0"} + more) {
    while (line_count(program_.out()) == 0 && !program_.ended()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    const std::string address = program_.out();
    REQUIRE(address.starts_with("http://127.0.0.1:"));
    port_ = std::atoi(address.c_str() + std::string_view("http://127.0.0.1:").size());
  }

  int port() const { return port_; }
  HttpAnswer ask(std::string_view request) const { return testing::ask(port_, request); }
  void send(int signal) const { program_.send(signal); }
  Finished finish() { return program_.finish(); }

 private:
  Running program_;
  int port_ = 0;
};

}  // namespace pupil::testing
