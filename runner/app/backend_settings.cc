#include "runner/app/backend_settings.h"

namespace sweepjob {

std::string BackendSettings::to_json_text() const {
  return to_json(Value(Value::Map{{"options", options},
                                  {"activate", activate},
                                  {"container_image", container_image},
                                  {"link_code", link_code}}));
}

Result<BackendSettings> BackendSettings::from_json_text(const std::string& text) {
  BackendSettings settings;
  auto value = from_json(text);
  if (value.has_error()) {
    return Error(ErrorCode::JournalCorrupt, "backend settings: " + value.error().message());
  }
  if (const Value* options = value->find("options")) settings.options = *options;
  const auto read_text = [&](const char* key, std::string& out) {
    const Value* member = value->find(key);
    const auto* held = member == nullptr ? nullptr : member->get<std::string>();
    if (held != nullptr) out = *held;
  };
  read_text("activate", settings.activate);
  read_text("container_image", settings.container_image);
  if (const Value* link = value->find("link_code")) {
    const auto* flag = link->get<bool>();
    settings.link_code = flag != nullptr && *flag;
  }
  return settings;
}

}  // namespace sweepjob
