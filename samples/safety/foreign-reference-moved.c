// accepted
extern void spawn(void (*job)(int), int reference);
extern void drop(int reference);

static void job(int reference) { drop(reference); }

void show(int image) { spawn(job, image); }
