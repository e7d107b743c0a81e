// accepted
extern void spawn(void (*job)(void *), void *argument);

static void job(void *sum) { *(int *)sum += 1; }

void count(int *sum) {
    spawn(job, sum);
    spawn(job, sum);
}
