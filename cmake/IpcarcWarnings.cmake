# The warnings of this project's own targets. They are linked privately and within the build tree only, so that they
# reach neither dependencies nor users.
add_library(ipcarc_warnings INTERFACE)
target_compile_options(
  ipcarc_warnings
  INTERFACE -Wall
            -Wextra
            -Wpedantic
            -Wshadow
            -Wconversion
            $<$<BOOL:${IPCARC_WERROR}>:-Werror>)
# GCC 12 sees an overlap in `"literal" + std::string` where there is none (GCC bug 105329).
target_compile_options(ipcarc_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
