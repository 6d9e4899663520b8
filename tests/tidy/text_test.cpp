// What every file of the tree keeps to, whatever is in it.
#include <gtest/gtest.h>

#include <cctype>
#include <string>
#include <string_view>
#include <vector>

#include "source_tree.hpp"

namespace {

// In two parts, so that this file does not hold what it looks for.
constexpr std::string_view unfinished[] = {
    "TO"
    "DO",
    "FIX"
    "ME"};
constexpr std::string_view one_machine[] = {
    "/work/"
    "main",
    "/work/"
    "shared",
    "/ho"
    "me/"};

constexpr std::size_t longest_file = 600;

bool holds_word(const std::string& line, std::string_view word) {
  const auto in_word = [&](std::size_t at) {
    return at < line.size() &&
           (std::isalnum(static_cast<unsigned char>(line[at])) || line[at] == '_');
  };
  for (std::size_t at = line.find(word); at != std::string::npos; at = line.find(word, at + 1)) {
    if (!in_word(at - 1) && !in_word(at + word.size())) {
      return true;
    }
  }
  return false;
}

std::vector<std::string> faults_of(const tidy::File& file) {
  std::vector<std::string> faults;
  const std::vector<std::string> lines = tidy::lines_of(file.text);
  const auto fault = [&](std::size_t index, const std::string& what) {
    faults.push_back(file.path + ":" + std::to_string(index + 1) + ": " + what);
  };
  for (std::size_t index = 0; index < lines.size(); ++index) {
    const std::string& line = lines[index];
    if (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r')) {
      fault(index, "blank at the end");
    }
    if (file.is_code() && line.find('\t') != std::string::npos) {
      fault(index, "tab");
    }
    for (const std::string_view word : unfinished) {
      if (holds_word(line, word)) {
        fault(index, std::string(word));
      }
    }
    for (const std::string_view path : one_machine) {
      if (line.find(path) != std::string::npos) {
        fault(index, "a path of one machine");
      }
    }
  }
  if (!file.text.empty() && file.text.back() != '\n') {
    fault(lines.size() - 1, "no line feed at the end");
  }
  if (file.is_code() && lines.size() >= longest_file) {
    fault(lines.size() - 1, "longer than one idea");
  }
  if (file.path.ends_with(".hpp")) {
    if (!file.text.starts_with("//")) {
      fault(0, "a header opens with a comment that says what it is for");
    }
    if (file.text.find("#pragma once") == std::string::npos) {
      fault(0, "no #pragma once");
    }
  }
  return faults;
}

TEST(Text, IsTidy) {
  EXPECT_GT(tidy::files().size(), 10U) << "the tree was not found";
  for (const tidy::File& file : tidy::files()) {
    for (const std::string& fault : faults_of(file)) {
      ADD_FAILURE() << fault;
    }
  }
}

TEST(Text, PlantedFaultsAreFound) {
  const auto count = [](const char* path, const std::string& text) {
    return faults_of({path, text}).size();
  };
  const std::string word(unfinished[0]);
  EXPECT_EQ(count("a.cpp", "int a;\n"), 0U);
  EXPECT_EQ(count("a.cpp", "int a; \n"), 1U);
  EXPECT_EQ(count("a.cpp", "\tint a;\n"), 1U);
  EXPECT_EQ(count("Makefile", "\tcc a.c\n"), 0U);
  EXPECT_EQ(count("a.cpp", "int a;"), 1U);
  EXPECT_EQ(count("a.md", "a " + word + ": more\n"), 1U);
  EXPECT_EQ(count("a.md", word + "\n"), 1U);
  EXPECT_EQ(count("a.md", word + "S\n"), 0U);
  EXPECT_EQ(count("a.md", "in " + std::string(one_machine[0]) + "/a\n"), 1U);
  EXPECT_EQ(count("a.hpp", "int a;\n"), 2U);
  EXPECT_EQ(count("a.hpp", "// A.\n#pragma once\n"), 0U);
  std::string long_text;
  for (std::size_t line = 0; line < longest_file; ++line) {
    long_text += "\n";
  }
  EXPECT_EQ(count("a.cpp", long_text), 1U);
}

}  // namespace
