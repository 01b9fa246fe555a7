#include <array>
#include <csignal>
#include <map>
#include <optional>
#include <thread>

#include <nlohmann/json.hpp>

#include "http.hpp"

using namespace pupil::testing;
using Json = nlohmann::json;

namespace {

std::string photograph(int number = 0) { return file_text(trained().image(number)); }

/// Checks that a request was refused so, with one line of JSON that has the part in it.
void check_refusal(const HttpAnswer& answer, int status, const std::string& part) {
  CAPTURE(answer.headers);
  CAPTURE(answer.body);
  CHECK(answer.status == status);
  CHECK(line_count(answer.body) == 1);
  const Json json = Json::parse(answer.body, nullptr, false);
  REQUIRE(json.contains("error"));
  CHECK(contains(json["error"].get<std::string>(), part));
}

std::string form(const std::vector<std::string>& parts) {
  std::string body;
  for (const std::string& part : parts) body += "--cut\r\n" + part + "\r\n";
  return body + "--cut--\r\n";
}

std::string file_part(std::string_view image) {
  return "Content-Disposition: form-data; name=\"image\"; filename=\"a.jpg\"\r\n\r\n" + std::string(image);
}

HttpAnswer ask_by_form(const Serving& serving, const std::vector<std::string>& parts) {
  return serving.ask(caption_request(form(parts), "Content-Type: multipart/form-data; boundary=cut\r\n"));
}

/// A request that the server has begun to read and cannot finish, on a server that takes one at a time.
class Unfinished {
 public:
  Unfinished(const Serving& serving, const std::string& image) : rest_(image.substr(image.size() / 2)) {
    const std::string request = caption_request(image);
    while (true) {  // the server may not have looked at it yet, or have refused it while another had the place
      if (!connection_ || connection_->is_answered()) {
        connection_.emplace(serving.port());
        connection_->send(std::string_view(request).substr(0, request.size() - rest_.size()));
      }
      const HttpAnswer other = serving.ask(caption_request(image));
      if (other.status == 503) break;
      REQUIRE(other.status == 200);
    }
  }

  HttpAnswer finish() const {
    connection_->send(rest_);
    return connection_->answer();
  }

 private:
  std::optional<HttpConnection> connection_;
  std::string rest_;
};

}  // namespace

TEST_CASE("serve says of an image what the command line says, with alternatives, and where it looked") {
  if (!has_program()) return;
  const Serving serving;
  const HttpAnswer answer = serving.ask(caption_request(photograph()));
  REQUIRE(answer.status == 200);
  CHECK(contains(answer.headers, "Content-Type: application/json\r\n"));
  const Json json = Json::parse(answer.body);
  const Finished said = run_program({"caption", "--run", trained().run.string(), "--beam", "3", "--captions", "3",
                                     "--format", "json", trained().image(0)});
  const Json best = Json::parse(said.out)["captions"];

  const Serving by_beam({"--beam", "3"});
  const Json by_three = Json::parse(by_beam.ask(caption_request(photograph())).body);
  REQUIRE(by_three["alternatives"].size() == 2);
  CHECK(by_three["caption"] == best[0]["caption"]);
  CHECK(by_three["probability"].get<double>() == doctest::Approx(best[0]["probability"].get<double>()));
  for (std::size_t i = 0; i < 2; ++i) CHECK(by_three["alternatives"][i]["caption"] == best[i + 1]["caption"]);

  std::string sentence = json["caption"];
  sentence.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(sentence.front())));
  CHECK(json["sentence"] == sentence + ".");
  CHECK(json["alternatives"].empty());  // a beam of one finds no more
  CHECK(json.contains("confidence"));
  CHECK(json.contains("attention"));
}

TEST_CASE("serve says where a captioner with attention looked, a row of weights for each word") {
  if (!has_program()) return;
  const TemporaryFolder folder;
  const auto run = folder / "run";
  REQUIRE(run_program(tiny_training(trained().data, run) + Arguments{"--decoder", "adaptive"}).status == 0);
  const Serving serving({}, run);
  const Json json = Json::parse(serving.ask(caption_request(photograph())).body);
  const Json attention = json["attention"];
  REQUIRE(attention.is_object());
  std::string caption;
  for (const std::string word : attention["words"]) caption += (caption.empty() ? "" : " ") + word;
  CHECK(caption == json["caption"]);
  CHECK(attention["weights"].size() == attention["words"].size());
  CHECK(attention["seen"] == 1.0);
  for (const Json& row : attention["weights"]) {
    CHECK(row.size() == attention["rows"].get<std::size_t>() * attention["columns"].get<std::size_t>());
    double sum = 0;
    for (const double weight : row) sum += weight;
    CHECK(sum > 0);
    CHECK(sum < 1.001);
  }
}

TEST_CASE("serve takes an image as a part of a form, and as one of a body in chunks") {
  if (!has_program()) return;
  const Serving serving;
  const std::string image = photograph();
  const HttpAnswer plain = serving.ask(caption_request(image));
  REQUIRE(plain.status == 200);
  CHECK(ask_by_form(serving, {"Content-Disposition: form-data; name=\"note\"\r\n\r\nhello", file_part(image)}).body ==
        plain.body);
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", image.size());
  CHECK(serving
            .ask("POST /api/caption HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" +
                 std::string(size) + image + "\r\n0\r\n\r\n")
            .body == plain.body);
}

TEST_CASE("200 requests of 8 clients at once to serve are all answered as the command line answers them") {
  if (!has_program()) return;
  constexpr int clients = 8, requests = 25;
  const Serving serving({"--max-seconds", "300"});
  Arguments arguments{"caption", "--run", trained().run.string()};
  for (int i = 0; i < clients; ++i) arguments.push_back(trained().image(i));
  const auto expected = lines_of(run_program(arguments).out);
  REQUIRE(expected.size() == clients);
  std::array<std::map<std::string, int>, clients> said;
  std::vector<std::thread> threads;
  for (int client = 0; client < clients; ++client) {
    threads.emplace_back([&, client] {
      for (int i = 0; i < requests; ++i) {
        const int image = (client + i) % clients;
        const HttpAnswer answer = serving.ask(caption_request(photograph(image)));
        const Json json = Json::parse(answer.body, nullptr, false);
        const bool right = answer.status == 200 && trained().image(image) + "\t" + json.value("caption", "") ==
                                                       expected[static_cast<std::size_t>(image)];
        ++said[static_cast<std::size_t>(client)][right ? "as expected" : answer.body];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& of_client : said) CHECK(of_client == std::map<std::string, int>{{"as expected", requests}});
}

TEST_CASE("serve refuses what is no image, is damaged, or is missing") {
  if (!has_program()) return;
  const Serving serving;
  const std::string image = photograph();
  check_refusal(serving.ask(caption_request("hello")), 415, "not a JPEG, PNG, BMP or GIF image");
  check_refusal(serving.ask(caption_request("<html>hello</html>")), 415, "web page");
  check_refusal(serving.ask(caption_request(image.substr(0, image.size() / 2))), 422, "truncated");
  check_refusal(serving.ask(caption_request("")), 422, "no image");
  check_refusal(ask_by_form(serving, {"Content-Disposition: form-data; name=\"note\"\r\n\r\nhello"}), 422, "no image");
  check_refusal(ask_by_form(serving, {file_part(image), file_part(image)}), 422, "more than one image");
  check_refusal(serving.ask(caption_request(image, "Content-Encoding: gzip\r\n")), 415, "compressed");
  const HttpConnection leaving(serving.port());
  const std::string request = caption_request(image);
  leaving.send(std::string_view(request).substr(0, request.size() - 1));
  leaving.finish_sending();
  check_refusal(leaving.answer(), 400, "ends early");
}

TEST_CASE("serve refuses what is too large, in bytes before it is sent, in pixels before they are decoded") {
  if (!has_program()) return;
  const std::string image = photograph();
  const Serving few_bytes({"--max-bytes", std::to_string(image.size())});
  CHECK(few_bytes.ask(caption_request(image)).status == 200);
  CHECK(ask_by_form(few_bytes, {file_part(image)}).status == 200);
  check_refusal(few_bytes.ask(caption_request(image + "x")), 413, std::to_string(image.size()) + " bytes");
  check_refusal(ask_by_form(few_bytes, {file_part(image + "x")}), 413, std::to_string(image.size()) + " bytes");
  const std::string start = "POST /api/caption HTTP/1.1\r\nHost: localhost\r\n";
  check_refusal(few_bytes.ask(start + "Content-Length: 99999999999999999999\r\n\r\n"), 413, "bytes");
  check_refusal(few_bytes.ask(start + "Expect: 100-continue\r\nContent-Length: 1000000\r\n\r\n"), 413, "bytes");
  check_refusal(few_bytes.ask(start + "Transfer-Encoding: chunked\r\n\r\nfffff\r\n" + std::string(0xfffff, 'x')), 413,
                "bytes");

  const Serving few_pixels({"--max-pixels", "1023"});
  check_refusal(few_pixels.ask(caption_request(image)), 413, "32 x 32 pixels");
}

TEST_CASE("serve gives up on a request that does not arrive in time, however it dribbles in") {
  if (!has_program()) return;
  const Serving serving({"--max-seconds", "0.5"});
  const std::string request = caption_request(photograph());
  for (const std::size_t sent : {std::size_t{1}, std::size_t{40}, request.size() - 1}) {
    CAPTURE(sent);
    const HttpConnection connection(serving.port());
    connection.send(std::string_view(request).substr(0, sent));
    check_refusal(connection.answer(), 408, "in time");
  }
  const HttpConnection dribbling(serving.port());
  std::thread sender([&] {
    for (const char byte : request) {
      if (!dribbling.send({&byte, 1})) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
  check_refusal(dribbling.answer(), 408, "in time");
  sender.join();
  CHECK(HttpConnection(serving.port()).answer().status == 0);  // who says nothing is told nothing
}

TEST_CASE("serve refuses one image more than may be under way, and says when to come again") {
  if (!has_program()) return;
  const Serving serving({"--max-requests", "1", "--max-seconds", "300"});
  const std::string image = photograph();
  const Unfinished first(serving, image);
  const HttpAnswer second = serving.ask(caption_request(image));
  check_refusal(second, 503, "under way");
  CHECK(contains(second.headers, "Retry-After: 1\r\n"));
  CHECK(serving.ask(http_request("GET", "/")).status == 200);
  CHECK(first.finish().status == 200);
  CHECK(serving.ask(caption_request(image)).status == 200);
}

TEST_CASE("serve answers what is under way when it is to end, and ends with status 0") {
  if (!has_program()) return;
  for (const int signal : {SIGTERM, SIGINT}) {
    CAPTURE(signal);
    Serving serving({"--max-requests", "1", "--max-seconds", "300"});
    const Unfinished request(serving, photograph());
    const HttpConnection silent(serving.port());
    serving.send(signal);
    while (HttpConnection(serving.port()).connected()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    CHECK(request.finish().status == 200);
    const Finished finished = serving.finish();
    CHECK(finished.status == 0);
    CHECK(finished.err.empty());
  }
}

TEST_CASE("serve takes requests that mean this machine, from programs and its own page alone") {
  if (!has_program()) return;
  const Serving serving;
  const auto status_of_host = [&](const std::string& host) {
    return serving.ask("GET / HTTP/1.1\r\n" + host + "\r\n").status;
  };
  for (const char* const good : {"localhost", "127.0.0.1", "localhost:1", "127.0.0.1:65535", "[::1]:8080", "[::1]"}) {
    CAPTURE(good);
    CHECK(status_of_host("Host: " + std::string(good) + "\r\n") == 200);
  }
  for (const char* const bad : {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", "localhost:x",
                                "evil.example:127.0.0.1", ""}) {
    CAPTURE(bad);
    CHECK(status_of_host("Host: " + std::string(bad) + "\r\n") == 403);
  }
  CHECK(status_of_host("") == 403);
  CHECK(status_of_host("Host: localhost\r\nHost: evil.example\r\n") == 403);

  const std::string image = photograph();
  CHECK(serving.ask(caption_request(image, "Origin: http://localhost\r\n")).status == 200);
  for (const char* const other : {"http://evil.example", "null", "https://localhost", "http://localhost:1"}) {
    CAPTURE(other);
    check_refusal(serving.ask(caption_request(image, "Origin: " + std::string(other) + "\r\n")), 403, "other sites");
  }
}

TEST_CASE("serve answers one request a connection, so that no body is taken for a request") {
  if (!has_program()) return;
  const Serving serving;
  const std::string hidden = caption_request(photograph());
  const HttpAnswer answer = serving.ask(caption_request(hidden, "Origin: http://evil.example\r\n"));
  check_refusal(answer, 403, "other sites");
  CHECK(contains(answer.headers, "Connection: close\r\n"));
}

TEST_CASE("serve says what it does not know, and what a page does not take") {
  if (!has_program()) return;
  const Serving serving;
  check_refusal(serving.ask(http_request("GET", "/nothing")), 404, "/api");
  check_refusal(serving.ask(http_request("GET", "/../etc/passwd")), 404, "/api");
  const HttpAnswer read = serving.ask(http_request("GET", "/api/caption"));
  check_refusal(read, 405, "GET");
  CHECK(contains(read.headers, "Allow: POST\r\n"));
  check_refusal(serving.ask(http_request("POST", "/", "x")), 405, "POST");
  const std::string start = "POST /api/caption HTTP/1.1\r\nHost: localhost\r\n";
  check_refusal(serving.ask(start + "\r\n"), 411, "how long");
  check_refusal(serving.ask(start + "Content-Length: -5\r\n\r\n"), 400, "Content-Length");
  check_refusal(serving.ask("nonsense\r\n\r\n"), 400, "");
  CHECK(contains(serving.ask(http_request("GET", "/api")).body, "/api/caption:"));
}

TEST_CASE("the page of serve loads nothing from elsewhere, and may not be shown by another") {
  if (!has_program()) return;
  const Serving serving;
  const HttpAnswer page = serving.ask(http_request("GET", "/"));
  REQUIRE(page.status == 200);
  CHECK(contains(page.headers, "Content-Security-Policy: default-src 'none'; script-src 'self'"));
  CHECK(contains(page.headers, "frame-ancestors 'none'"));
  CHECK(contains(page.headers, "X-Content-Type-Options: nosniff\r\n"));
  for (const char* const path : {"/", "/page.css", "/page.js", "/attention.js", "/camera.js", "/caption_request.js"}) {
    CAPTURE(path);
    const std::string text = serving.ask(http_request("GET", path)).body;
    CHECK(!text.empty());
    CHECK(!contains(text, "//www"));
    CHECK(!contains(text, "https:"));
    CHECK(!contains(text, "http:"));
  }
}

TEST_CASE("serve refuses a port that is in use, and limits that make no sense") {
  if (!has_program()) return;
  const Serving serving;
  const std::string port = std::to_string(serving.port());
  check_refused(run_program({"serve", "--run", trained().run.string(), "--port", port}), {"--port", port, "in use"});
  check_refused(run_program({"serve", "--port", "65536"}), {"--port", "65536"});
  check_refused(run_program({"serve", "--max-seconds", "0"}), {"--max-seconds"});
  check_refused(run_program({"serve", "--max-requests", "0"}), {"--max-requests"});
}
