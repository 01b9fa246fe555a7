#include "server.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <thread>

#include <nlohmann/json.hpp>

#include <pupil/core/errors.hpp>

#include "answer.hpp"
#include "connection.hpp"
#include "request_origin.hpp"
#include "resources.hpp"

namespace captioner {

namespace {

constexpr const char* json_type = "application/json";

std::string error_json(std::string_view reason) {
  return nlohmann::json{{"error", reason}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

void refuse(httplib::Response& response, int status, std::string_view reason) {
  response.status = status;
  response.set_content(error_json(reason), json_type);
  if (status == http_status::unavailable) response.set_header("Retry-After", std::to_string(retry_after_seconds));
}

/// An answer that is written past cpp-httplib.
std::string whole_answer(std::string_view status_line, std::string_view reason) {
  const std::string body = error_json(reason);
  return "HTTP/1.1 " + std::string(status_line) + "\r\nContent-Type: " + json_type +
         "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nRetry-After: " + std::to_string(retry_after_seconds) + "\r\nConnection: close\r\n\r\n" + body;
}

/// Nothing from elsewhere is loaded or run, nobody else's page shows this one or reads its answers.
httplib::Headers headers_of_all_answers() {
  return {{"Content-Security-Policy",
           "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
           "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
          {"X-Content-Type-Options", "nosniff"},
          {"Referrer-Policy", "no-referrer"},
          {"Cross-Origin-Resource-Policy", "same-origin"},
          {"Cache-Control", "no-store"}};
}

/// The bytes that an image may have around it in a request.
constexpr std::int64_t envelope_bytes = 65536;

/// Port in use: with cpp-httplib's own choice, SO_REUSEPORT, two servers would share it.
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
    const std::string reason = std::generic_category().message(errno);
    const std::string hint = errno == EADDRINUSE ? "; --port 0 chooses a free one" : "";
    pupil::require<pupil::OptionError>(taken > 0, "--port: ", host, ":", port, ": ", reason, hint);
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
      const std::string image = read_image(request, reader);
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
      if (connection.is_too_long()) connection.write_last(whole_answer("413 Payload Too Large", too_many_bytes()));
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
      require_plausible_body(request);
      return false;
    } catch (const Refusal& refusal) {
      refuse(response, refusal.status(), refusal.what());
      if (refusal.status() == http_status::method_not_allowed) {
        response.set_header("Allow", request.path == caption_path ? "POST" : "GET, HEAD");
      }
      return true;
    }
  }

  static void require_known_origin(const httplib::Request& request) {
    const std::string host = request.get_header_value("Host");
    if (request.get_header_value_count("Host") != 1 || !is_this_machine(host)) {
      throw Refusal(http_status::forbidden, "the host of a request has to be localhost or 127.0.0.1");
    }
    if (!is_same_origin(request.get_header_value("Origin"), host)) {
      throw Refusal(http_status::forbidden, "pages of other sites may not use this server");
    }
  }

  static void require_known_place(const httplib::Request& request) {
    const bool is_caption = request.path == caption_path;
    const bool is_text =
        std::ranges::any_of(resources, [&](const Resource& resource) { return resource.path == request.path; });
    if (!is_caption && !is_text) throw Refusal(http_status::not_found, "there is no such page; see /api");
    const bool is_read = request.method == "GET" || request.method == "HEAD";
    const bool fits = is_caption ? request.method == "POST" : is_read;
    if (!fits) throw Refusal(http_status::method_not_allowed, "this page does not take " + request.method);
  }

  void require_plausible_body(const httplib::Request& request) const {
    if (request.method != "POST") return;
    if (request.has_header("Content-Encoding")) {
      throw Refusal(http_status::not_supported, "compressed requests are not read");
    }
    const bool has_length = request.has_header("Content-Length");
    if (!has_length && !request.has_header("Transfer-Encoding")) {
      throw Refusal(http_status::length_required, "the request does not say how long it is");
    }
    const std::string length = request.get_header_value("Content-Length");
    if (has_length && (length.empty() || length.find_first_not_of("0123456789") != std::string::npos)) {
      throw Refusal(http_status::bad_request, "Content-Length is not a number");
    }
    constexpr std::size_t most_digits = 15;
    const std::int64_t most = limits_.bytes + (request.is_multipart_form_data() ? envelope_bytes / 2 : 0);
    if (length.size() > most_digits || (has_length && std::stoll(length) > most)) {
      throw Refusal(http_status::too_large, too_many_bytes());
    }
  }

  std::string too_many_bytes() const {
    return pupil::message("the image has more than ", limits_.bytes, " bytes, the most that is taken");
  }

  /// The body, or that part of a form that is a file.
  std::string read_image(const httplib::Request& request, const httplib::ContentReader& reader) const {
    std::string image;
    bool too_large = false;
    const auto add = [&](const char* data, size_t size) {
      too_large = image.size() + size > static_cast<std::size_t>(limits_.bytes);
      if (!too_large) image.append(data, size);
      return !too_large;
    };
    const bool whole = request.is_multipart_form_data() ? read_form(reader, add) : reader(add);
    if (too_large) throw Refusal(http_status::too_large, too_many_bytes());
    if (!whole) throw Refusal(http_status::bad_request, "the request ends early, or is not as its headers say");
    if (image.empty()) throw Refusal(http_status::cannot_be_read, "there is no image in the request");
    return image;
  }

  static bool read_form(const httplib::ContentReader& reader, const httplib::ContentReceiver& add) {
    int files = 0;
    bool is_file = false;
    const bool whole = reader(
        [&](const httplib::MultipartFormData& part) {
          is_file = !part.filename.empty() || part.name == "image";
          files += is_file ? 1 : 0;
          return true;
        },
        [&](const char* data, size_t size) { return !is_file || files > 1 || add(data, size); });
    if (files > 1) throw Refusal(http_status::cannot_be_read, "there is more than one image in the request");
    return whole;
  }

  static constexpr const char* caption_path = "/api/caption";

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
