#pragma once
// One connection to a client, as cpp-httplib reads requests from it: with one time limit for a whole request, however
// its bytes dribble in, and one for its answer. cpp-httplib's own limits are for each byte.

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <httplib.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace captioner {

class Connection : public httplib::Stream {
 public:
  using Clock = std::chrono::steady_clock;

  struct Limits {
    std::chrono::duration<double> time{10};  ///< for the request, and again for the answer
    std::int64_t bytes = 1'000'000;          ///< of the request, with its headers
  };

  /// Closes the socket in the end. Once `stopping` is set, a client that has not said anything need not begin.
  Connection(socket_t socket, Limits limits, const std::atomic<bool>& stopping)
      : socket_(socket), limits_(limits), stopping_(stopping), deadline_(from_now()) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override { ::close(socket_); }

  /// Whether the request did not arrive in time, or has too many bytes: nothing that is written then reaches the
  /// client but by `write_last`.
  bool is_late() const { return failure_ == Failure::late; }
  bool is_too_long() const { return failure_ == Failure::too_long; }
  bool has_said_anything() const { return received_ > 0; }

  ssize_t read(char* to, size_t size) override {
    if (begin_ == end_ && !receive()) return failure_ == Failure::none ? 0 : -1;
    const size_t count = std::min(size, end_ - begin_);
    std::copy_n(buffer_.data() + begin_, count, to);
    begin_ += count;
    return static_cast<ssize_t>(count);
  }

  ssize_t write(const char* from, size_t size) override {
    if (failure_ != Failure::none) return -1;
    return send(from, size);
  }

  /// An answer where the request failed on the way.
  void write_last(std::string_view answer) {
    failure_ = Failure::none;
    send(answer.data(), answer.size());
  }

  /// To be called after the answer. A socket that is closed while its client still sends takes the answer with it, so
  /// what comes is read for a while.
  void let_client_finish() {
    ::shutdown(socket_, SHUT_WR);
    deadline_ = Clock::now() + std::chrono::seconds(1);
    while (wait_for(POLLIN) && ::recv(socket_, buffer_.data(), buffer_.size(), 0) > 0) {
    }
  }

  bool is_readable() const override { return begin_ != end_ || ready(POLLIN, 0); }
  bool is_writable() const override { return ready(POLLOUT, 0); }
  void get_remote_ip_and_port(std::string&, int&) const override {}  // nobody asks
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return socket_; }

 private:
  enum class Failure { none, late, too_long };

  Clock::time_point from_now() const {
    return Clock::now() + std::chrono::duration_cast<Clock::duration>(limits_.time);
  }

  bool ready(short events, int milliseconds) const {
    pollfd waiting{socket_, events, 0};
    return ::poll(&waiting, 1, milliseconds) > 0;
  }

  /// False where the deadline passes before.
  bool wait_for(short events) {
    constexpr int most_milliseconds = 50;  // how soon it is seen that the server stops
    while (!ready(events, 0)) {
      if (Clock::now() >= deadline_ || (stopping_ && !has_said_anything())) return false;
      ready(events, most_milliseconds);
    }
    return true;
  }

  /// Fills the buffer. False at the end of what the client sends, and where it fails.
  bool receive() {
    if (failure_ != Failure::none) return false;
    if (received_ >= limits_.bytes) failure_ = Failure::too_long;
    if (failure_ == Failure::none && (Clock::now() >= deadline_ || !wait_for(POLLIN))) failure_ = Failure::late;
    if (failure_ != Failure::none) return false;
    const ssize_t count = ::recv(socket_, buffer_.data(), buffer_.size(), 0);
    begin_ = 0;
    end_ = count > 0 ? static_cast<size_t>(count) : 0;
    received_ += static_cast<std::int64_t>(end_);
    return end_ > 0;
  }

  ssize_t send(const char* from, size_t size) {
    if (!answering_) deadline_ = from_now();
    answering_ = true;
    if (!wait_for(POLLOUT)) return -1;
    return ::send(socket_, from, size, MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  socket_t socket_;
  Limits limits_;
  const std::atomic<bool>& stopping_;
  Clock::time_point deadline_;
  Failure failure_ = Failure::none;
  bool answering_ = false;
  std::int64_t received_ = 0;
  std::array<char, 16384> buffer_;
  size_t begin_ = 0, end_ = 0;  ///< of what was received and not read yet
};

}  // namespace captioner
