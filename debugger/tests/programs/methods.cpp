// Templates, methods and members of base classes.
template <typename T> __attribute__((noinline)) T twice(T value) {
  return value + value;
}

struct Base {
  int base;
};

int count = 100;

template <typename T> struct Stack : Base {
  T items[4];
  int count;
  __attribute__((noinline)) void push(T item) {
    items[count] = item;
    count += 1;
  }
};

extern "C" int _start() {
  Stack<int> stack;
  stack.base = 7;
  stack.count = 0;
  stack.push(twice(3));
  stack.push((int)twice(2.5));
  return stack.count;
}
