#include "server.hpp"

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

#include <pupil/core/errors.hpp>

#include "answer.hpp"
#include "connection.hpp"
#include "request_checks.hpp"
#include "request_image.hpp"
#include "resources.hpp"
#include "responses.hpp"

namespace captioner {

namespace {

/// That a port is in use has to be seen: with cpp-httplib's own choice, SO_REUSEPORT, two servers would share it.
void set_socket_options(socket_t socket) {
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

}  // namespace

class Server::Http : public httplib::Server {
 public:
  explicit Http(const ServeLimits& limits) : limits_(limits), requests_(limits.requests) {
    // Threads sleep nearly always. Those beyond the requests are for pages and refusals.
    const auto connections = static_cast<size_t>(limits.requests + for_refusals + 32);
    connections_ = static_cast<int>(connections);
    new_task_queue = [connections] { return new httplib::ThreadPool(connections); };
    set_socket_options(captioner::set_socket_options);
    set_default_headers(headers_of_all_answers());
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      return refuse_unread(request, response) ? HandlerResponse::Handled : HandlerResponse::Unhandled;
    });
    set_expect_100_continue_handler([this](const httplib::Request& request, httplib::Response& response) {
      return refuse_unread(request, response) ? response.status : 100;
    });
    set_error_handler([](const httplib::Request&, httplib::Response& response) {
      if (response.body.empty()) refuse(response, response.status, "the request is not understood");
    });
    set_exception_handler([](const httplib::Request&, httplib::Response& response, std::exception_ptr exception) {
      answer_exception(response, exception);
    });
  }

  int take_port(int port) {
    const char* const host = "127.0.0.1";
    errno = 0;
    const int taken = port == 0 ? bind_to_any_port(host) : bind_to_port(host, port) ? port : -1;
    const int fault = errno;
    const char* const hint = fault == EADDRINUSE ? "; --port 0 chooses a free one" : "";
    pupil::require<pupil::OptionError>(taken > 0, "--port: ", host, ":", port, ": ",
                                       std::generic_category().message(fault), hint);
    constexpr int most_waiting = 128;
    ::listen(svr_sock_, most_waiting);  // again, for cpp-httplib's own five lose clients that come together
    return taken;
  }

  void answer_with(CaptionService& service) {
    for (const Resource& resource : resources) {
      Get(std::string(resource.path), [&resource](const httplib::Request&, httplib::Response& response) {
        response.set_content(resource.text.data(), resource.text.size(), resource.type);
      });
    }
    Post(caption_path, [this, &service](const httplib::Request& request, httplib::Response& response,
                                        const httplib::ContentReader& reader) {
      const auto place = requests_.take();
      if (!place) throw Refusal(http_status::unavailable, "too many images are under way; try again soon");
      const std::string image = read_image(request, reader, limits_);
      response.set_content(service.describe(std::as_bytes(std::span(image))), json_type);
    });
  }

  /// Connections whose clients have said nothing yet are closed from here on.
  void finish() {
    stopping_ = true;
    stop();
  }

 private:
  static constexpr int for_refusals = 8;

  struct Counted {
    explicit Counted(std::atomic<int>& count) : count_(count), number(++count) {}
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    ~Counted() { --count_; }

   private:
    std::atomic<int>& count_;

   public:
    const int number;
  };

  static void answer_exception(httplib::Response& response, const std::exception_ptr& exception) {
    try {
      std::rethrow_exception(exception);
    } catch (const Refusal& refusal) {
      refuse(response, refusal.status(), refusal.what());
    } catch (const std::bad_alloc&) {
      refuse(response, http_status::unavailable, "out of memory; try again soon");
    } catch (const std::exception& error) {
      refuse(response, http_status::internal_error, error.what());
    }
  }

  /// One request a connection: what is left of one that was refused is never taken for another.
  bool process_and_close_socket(socket_t socket) override {
    const Counted open(open_);
    Connection connection(socket, {std::chrono::duration<double>(limits_.seconds), limits_.bytes + envelope_bytes},
                          stopping_);
    if (open.number > connections_ - for_refusals) {
      connection.write_last(whole_answer("503 Service Unavailable", "too many connections; try again soon"));
    } else {
      bool closed = false;
      process_request(connection, true, closed, nullptr);
      if (connection.is_too_long()) {
        connection.write_last(whole_answer("413 Payload Too Large", too_many_bytes(limits_)));
      }
      if (connection.is_late() && connection.has_said_anything()) {
        connection.write_last(whole_answer("408 Request Timeout", "the request did not arrive in time"));
      }
    }
    connection.let_client_finish();
    return true;
  }

  /// Whether the request is refused by its headers, before its body is read.
  bool refuse_unread(const httplib::Request& request, httplib::Response& response) const {
    try {
      require_known_origin(request);
      require_known_place(request);
      require_plausible_body(request, limits_);
      return false;
    } catch (const Refusal& refusal) {
      refuse(response, refusal.status(), refusal.what());
      if (refusal.status() == http_status::method_not_allowed) {
        response.set_header("Allow", request.path == caption_path ? "POST" : "GET, HEAD");
      }
      return true;
    }
  }

  ServeLimits limits_;
  Places requests_;
  int connections_ = 0;
  std::atomic<int> open_{0};
  std::atomic<bool> stopping_{false};
};

Server::Server(int port, const ServeLimits& limits) : http_(std::make_unique<Http>(limits)) {
  address_ = "http://127.0.0.1:" + std::to_string(http_->take_port(port)) + "/";
}

Server::~Server() = default;

void Server::run(CaptionService& service, const std::function<void()>& when_ready,
                 const std::function<bool()>& wants_to_stop) {
  constexpr std::chrono::milliseconds pause(20);
  http_->answer_with(service);
  std::atomic<bool> ended = false;
  bool good = false;
  std::thread listening([&] {
    good = http_->listen_after_bind();
    ended = true;
  });
  struct Finish {
    Http& http;
    std::thread& thread;
    ~Finish() {
      http.finish();
      thread.join();
    }
  };
  {
    const Finish finish{*http_, listening};
    while (!http_->is_running() && !ended) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (!ended) when_ready();
    while (!ended && !wants_to_stop()) std::this_thread::sleep_for(pause);
  }
  if (!good) throw pupil::Error("no more connections can be taken at " + address_);
}

}  // namespace captioner
