// References, bases, overloads, numbers that are not everywhere the same.
struct A {
  int a = 1;
  virtual int weight() const { return 10; }
};

struct B {
  int b = 2;
  virtual int height() const { return 20; }
};

struct C : A, B {
  int c = 3;
  int weight() const override { return 30; }
  int height() const override { return 40; }
  int scaled(int by) const { return c * by; }
};

enum Mode : short { OFF = -1, ON = 3 };
enum Flags { F_A = 1, F_B = 2, F_C = 4 };

struct Packed {
  Mode mode : 4;
  unsigned count : 3;
};

int size(int value) { return value + 1; }
int size(double value) { return (int)(value * 2); }
int size(const B &value) { return value.b; }

int change(int &number, int (&row)[3], const C &object, int (*chosen)(double), int length) {
  B *base = const_cast<C *>(&object);
  int first[length];
  for (int at = 0; at < length; at++)
    first[at] = row[at] * 10;
  unsigned char raw[8] = {0, 0, 0xc0, 0x3f};
  long double exact = 3.25;
  _Complex double wave = {1, -2};
  Packed packed = {OFF, 5};
  Flags flags = (Flags)(F_A | F_C);
  number += first[1] + raw[2] + (int)exact + (int)__real__ wave + packed.count + flags;
  return number + base->height() + chosen(1.5) + object.scaled(2) + size(4) + size(*base);
}

int main() {
  int number = 10, row[3] = {1, 2, 3};
  C object;
  return change(number, row, object, size, 2);
}
