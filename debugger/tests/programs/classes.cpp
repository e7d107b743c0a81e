// Virtual functions, and methods that take and give structures.
struct Shape {
  int id = 3;
  virtual int area() const { return 0; }
  int twice() { return id * 2; }
};

struct Box : Shape {
  int width, height;
  Box(int width, int height) : width(width), height(height) {}
  int area() const override { return width * height; }
};

struct Big {
  long long a, b, c;
  Big plus(Big other) const { return {a + other.a, b + other.b, c + other.c}; }
};

extern "C" int _start() {
  Box box(3, 4);
  Shape *shape = &box;
  Big big{1, 2, 3};
  int sum = shape->area() + box.twice() + (int)big.plus(big).a;
  return sum;
}
