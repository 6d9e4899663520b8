// says: it has more than 128 members; group them in structs
#include <ipcarc/types.hpp>

// clang-format off
struct Large {
  int m0; int m1; int m2; int m3; int m4; int m5; int m6; int m7; int m8; int m9; int m10; int
  m11; int m12; int m13; int m14; int m15; int m16; int m17; int m18; int m19; int m20; int m21;
  int m22; int m23; int m24; int m25; int m26; int m27; int m28; int m29; int m30; int m31; int
  m32; int m33; int m34; int m35; int m36; int m37; int m38; int m39; int m40; int m41; int m42;
  int m43; int m44; int m45; int m46; int m47; int m48; int m49; int m50; int m51; int m52; int
  m53; int m54; int m55; int m56; int m57; int m58; int m59; int m60; int m61; int m62; int m63;
  int m64; int m65; int m66; int m67; int m68; int m69; int m70; int m71; int m72; int m73; int
  m74; int m75; int m76; int m77; int m78; int m79; int m80; int m81; int m82; int m83; int m84;
  int m85; int m86; int m87; int m88; int m89; int m90; int m91; int m92; int m93; int m94; int
  m95; int m96; int m97; int m98; int m99; int m100; int m101; int m102; int m103; int m104; int
  m105; int m106; int m107; int m108; int m109; int m110; int m111; int m112; int m113; int m114;
  int m115; int m116; int m117; int m118; int m119; int m120; int m121; int m122; int m123; int
  m124; int m125; int m126; int m127; int m128; int m129;
};
// clang-format on

void check() {
  ipcarc::detail::require_relocatable<Large>();
}
