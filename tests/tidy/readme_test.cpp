// The documents stay true: the README's example is the compiled sample, and links lead somewhere.
#include <gtest/gtest.h>

#include <regex>
#include <string>

#include "source_tree.hpp"

namespace {

// What stands in the first block of `language`, without the fences.
std::string first_block(const std::string& text, const std::string& language) {
  const std::string fence = "```" + language + "\n";
  const std::size_t open = text.find(fence);
  if (open == std::string::npos) {
    return {};
  }
  const std::size_t begin = open + fence.size();
  return text.substr(begin, text.find("```\n", begin) - begin);
}

// The text without the comment that opens it.
std::string without_opening(const std::string& text) {
  std::size_t begin = 0;
  while (text.compare(begin, 2, "//") == 0) {
    begin = text.find('\n', begin) + 1;
  }
  return text.substr(begin);
}

TEST(Readme, ItsExampleIsTheCompiledSample) {
  const std::string sample = without_opening(tidy::text_of("samples/quick_start/main.cpp"));
  EXPECT_NE(sample, "");
  EXPECT_EQ(first_block(tidy::text_of("README.md"), "cpp"), sample);
}

/// The lines of `text` without their indentation, so that an example may stand deeper in its program.
std::string outdented(const std::string& text) {
  std::string result;
  for (const std::string& line : tidy::lines_of(text)) {
    const std::size_t begin = line.find_first_not_of(' ');
    result += (begin == std::string::npos ? std::string() : line.substr(begin)) + '\n';
  }
  return result;
}

/// Expects each C++ example of `page` in `program`; how many there are.
int count_examples(const std::string& page, const std::string& program) {
  const std::string source = outdented(program);
  const std::string fence = "```cpp\n";
  int examples = 0;
  for (std::size_t open = page.find(fence); open != std::string::npos; ++examples) {
    const std::size_t begin = open + fence.size();
    const std::size_t end = page.find("```\n", begin);
    const std::string example = outdented(page.substr(begin, end - begin - 1));
    EXPECT_NE(source.find(example), std::string::npos) << example;
    open = page.find(fence, end);
  }
  return examples;
}

TEST(Documents, ExamplesOfTypesAreCompiled) {
  EXPECT_GT(count_examples(tidy::text_of("docs/TYPES.md"), tidy::text_of("samples/types/main.cpp")),
            5);
}

TEST(Documents, ExamplesOfTheTopicsAreCompiled) {
  const std::string program = tidy::text_of("samples/topics/main.cpp");
  for (const char* page : {"GETTING-STARTED", "LOCKING", "LIFETIMES", "SECURITY", "OPERATIONS"}) {
    EXPECT_GT(count_examples(tidy::text_of("docs/" + std::string(page) + ".md"), program), 0)
        << page;
  }
}

TEST(Documents, ExamplesOfSamplesAreTheirs) {
  int examples = 0;
  for (const tidy::File& page : tidy::files()) {
    if (!page.path.starts_with("samples/") || !page.path.ends_with("/README.md")) {
      continue;
    }
    const std::string folder = page.path.substr(0, page.path.rfind('/') + 1);
    std::string sources;
    for (const tidy::File& file : tidy::files()) {
      if (file.is_code() && file.path.starts_with(folder)) {
        sources += file.text;
      }
    }
    examples += count_examples(page.text, sources);
  }
  EXPECT_GT(examples, 5);
}

TEST(Documents, RelativeLinksLeadToFiles) {
  const std::regex link(R"(\]\(([^)#:\s]+)(#[^)\s]*)?\))");
  for (const tidy::File& file : tidy::files()) {
    if (!file.path.ends_with(".md")) {
      continue;
    }
    const std::string folder = file.path.substr(0, file.path.rfind('/') + 1);
    const std::string base = file.path.find('/') == std::string::npos ? "" : folder;
    for (std::sregex_iterator at(file.text.begin(), file.text.end(), link), end; at != end; ++at) {
      EXPECT_TRUE(tidy::exists(base + (*at)[1].str())) << file.path << " links to " << (*at)[1];
    }
  }
}

}  // namespace
