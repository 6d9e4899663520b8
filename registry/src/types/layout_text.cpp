#include <ipcarc/detail/layout_text.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "types/type_graph.hpp"

namespace ipcarc::detail {

namespace {

std::string_view kind_name(TypeKind kind) {
  switch (kind) {
    case TypeKind::boolean:
      return "bool";
    case TypeKind::character:
      return "char";
    case TypeKind::integer:
      return "int";
    case TypeKind::natural:
      return "uint";
    case TypeKind::floating:
      return "float";
    case TypeKind::enumeration:
      return "enum";
    case TypeKind::array:
      return "array";
    case TypeKind::structure:
      return "struct";
    case TypeKind::known_template:
      return "template";
    case TypeKind::constant:
      return "constant";
    case TypeKind::opaque:
      return "opaque";
    case TypeKind::name:
      break;
  }
  return "name";
}

std::string_view value_name(ValueKind kind) {
  switch (kind) {
    case ValueKind::trivial:
      return "trivial";
    case ValueKind::sync:
      return "sync";
    case ValueKind::arena:
      break;
  }
  return "arena";
}

/// Appends JSON to a text, commas where they belong.
class Json {
 public:
  void open(char bracket) {
    separate();
    text_ += bracket;
  }
  void close(char bracket) { text_ += bracket; }
  void key(std::string_view name) {
    separate();
    quote(name);
    text_ += ':';
  }
  void string(std::string_view value) {
    separate();
    quote(value);
  }
  template <class Number>
  void number(Number value) {
    separate();
    text_ += std::to_string(value);
  }
  void truth() {
    separate();
    text_ += "true";
  }
  std::string take() { return std::move(text_); }

 private:
  void separate() {
    if (!text_.empty() && text_.back() != '{' && text_.back() != '[' && text_.back() != ':') {
      text_ += ',';
    }
  }
  void quote(std::string_view value) {
    text_ += '"';
    for (const char c : value) {
      if (c == '"' || c == '\\') {
        text_ += '\\';
        text_ += c;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        constexpr char digits[] = "0123456789abcdef";
        text_ += "\\u00";
        text_ += digits[static_cast<unsigned char>(c) >> 4];
        text_ += digits[c & 15];
      } else {
        text_ += c;
      }
    }
    text_ += '"';
  }

  std::string text_;
};

void write_parts(Json& json, const TypeNode& node) {
  const TypeDescription& type = *node.type;
  if (type.kind == TypeKind::structure) {
    json.key("members");
    json.open('[');
    for (std::size_t part = 0; part < node.parts.size(); ++part) {
      json.open('{');
      json.key("name");
      json.string(type.parts[part].name);
      json.key("offset");
      json.number(node.offsets[part]);
      json.key("type");
      json.number(node.parts[part]);
      if (part < type.base_count) {
        json.key("base");
        json.truth();
      }
      json.close('}');
    }
    json.close(']');
    return;
  }
  if (type.kind == TypeKind::array || type.kind == TypeKind::enumeration) {
    json.key("type");
    json.number(node.parts.front());
    return;
  }
  const auto list = [&json](std::string_view key, const std::vector<std::size_t>& numbers) {
    json.key(key);
    json.open('[');
    for (const std::size_t number : numbers) {
      json.number(number);
    }
    json.close(']');
  };
  list("arguments", node.parts);
  if (!node.offsets.empty()) {
    list("offsets", node.offsets);
  }
}

void write_type(Json& json, const TypeNode& node) {
  const TypeDescription& type = *node.type;
  json.open('{');
  json.key("kind");
  json.string(kind_name(type.kind));
  json.key("name");
  json.string(readable_name(type));
  if (type.kind != TypeKind::constant && type.kind != TypeKind::name) {
    json.key("size");
    json.number(type.size);
    json.key("align");
    json.number(type.alignment);
  }
  if (!type.tag.empty()) {
    json.key("tag");
    json.string(type.tag);
  }
  if (type.allocates) {
    json.key("allocates");
    json.truth();
  }
  if (type.kind == TypeKind::constant || type.kind == TypeKind::array) {
    json.key(type.kind == TypeKind::array ? "count" : "value");
    json.number(type.value);
  }
  if (type.part_count > 0 || type.kind == TypeKind::structure ||
      type.kind == TypeKind::known_template) {
    write_parts(json, node);
  }
  if (type.discriminator_bytes != 0) {
    json.key("flag");
    json.open('{');
    json.key("offset");
    json.number(type.discriminator_offset);
    json.key("size");
    json.number(unsigned{type.discriminator_bytes});
    json.close('}');
  }
  json.close('}');
}

std::string scalar_name(const TypeDescription& type) {
  if (type.kind == TypeKind::integer || type.kind == TypeKind::natural) {
    return (type.kind == TypeKind::integer ? "int" : "uint") + std::to_string(type.size * 8);
  }
  return name_of(*type.type);
}

}  // namespace

std::string readable_name(const TypeDescription& type) {
  switch (type.kind) {
    case TypeKind::constant:
      return std::to_string(type.value);
    case TypeKind::array: {
      std::string extents;
      const TypeDescription* element = &type;
      for (; element->kind == TypeKind::array; element = &element->parts[0].type()) {
        extents += "[";
        extents += std::to_string(element->value);
        extents += "]";
      }
      return readable_name(*element) + extents;
    }
    case TypeKind::known_template: {
      std::string name(type.tag);
      if (type.part_count > 0) {
        name += '<';
        for (std::size_t part = 0; part < type.part_count; ++part) {
          name += (part == 0 ? "" : ", ") + readable_name(type.parts[part].type());
        }
        name += '>';
      }
      return name;
    }
    default:
      return scalar_name(type);
  }
}

std::string layout_text(const TypeDescription& root, ValueKind kind, unsigned boost_version) {
  const std::vector<TypeNode> nodes = type_graph(root);
  bool allocates = false;
  for (const TypeNode& node : nodes) {
    allocates = allocates || node.type->allocates;
  }
  Json json;
  json.open('{');
  json.key("root");
  json.number(0);
  json.key("value");
  json.string(value_name(kind));
  if (allocates) {
    json.key("boost");
    json.number(boost_version);
  }
  json.key("types");
  json.open('[');
  for (const TypeNode& node : nodes) {
    write_type(json, node);
  }
  json.close(']');
  json.close('}');
  return json.take();
}

}  // namespace ipcarc::detail
