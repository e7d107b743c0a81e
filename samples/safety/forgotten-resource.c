// accepted
extern int begin(void);
extern void finish(int canvas);

void draw(int fast) {
    int canvas = begin();
    if (fast) return;
    finish(canvas);
}
