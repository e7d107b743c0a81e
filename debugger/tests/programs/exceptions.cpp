// Exceptions of C++, with as much of its library as they need here.
asm(".tagtype __cpp_exception i32\n.globl __cpp_exception\n__cpp_exception:");
extern "C" {
void *__cxa_allocate_exception(unsigned long size) {
  static char room[256];
  return room;
}
void __cxa_throw(void *thrown, void *, void (*)(void *)) { __builtin_wasm_throw(0, thrown); }
void *__cxa_begin_catch(void *thrown) { return thrown; }
void __cxa_end_catch() {}
int _Unwind_CallPersonality(void *) { return 0; }
int __gxx_wasm_personality_v0() { return 0; }
struct { unsigned long index; void *data; unsigned long selector; } __wasm_lpad_context;
void _Unwind_Resume(void *) { __builtin_trap(); }
void *_ZTVN10__cxxabiv120__si_class_type_infoE[3];
void *_ZTVN10__cxxabiv117__class_type_infoE[3];
}
struct failure {
  int code;
};
int check(int value) {
  if (value > 2)
    throw failure{value};
  return value;
}
int attempt(int value) {
  int result = 0;
  try {
    result = check(value);
  } catch (...) {
    result = -1;
  }
  return result;
}
struct guard {
  int *released;
  ~guard() { *released += 1; }
};
int released;
__attribute__((noinline)) void guarded(int value) {
  guard one{&released};
  check(value);
}
extern "C" void _start() {
  int sum = 0;
  for (int i = 1; i < 5; i++)
    sum += attempt(i);
  check(sum + 10);
}
extern "C" void clean() {
  try {
    guarded(3);
  } catch (...) {
    released += 10;
  }
  guarded(4);
}
