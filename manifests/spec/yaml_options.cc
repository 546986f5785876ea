#include "manifests/spec/yaml_options.h"

namespace sweepjob {
namespace {

std::vector<ValuePlace> places_in(const YamlNode& node) {
  std::vector<ValuePlace> places;
  places.reserve(node.items.size());
  for (const YamlNode& item : node.items) places.push_back({item.where(), places_in(item)});
  return places;
}

}  // namespace

Option read_option(const YamlNode& item) {
  return {item.key, to_value(item), item.where(), places_in(item)};
}

}  // namespace sweepjob
