//! The sun and four planets under gravity, as in the Computer Language Benchmarks Game: after `steps` steps of 0.01
//! days the energy of the system, which hardly changes.

use std::f64::consts::PI;

#[global_allocator]
static ALLOCATOR: wasm::Allocator = wasm::Allocator::new();

const SOLAR_MASS: f64 = 4.0 * PI * PI;
const YEAR: f64 = 365.24;
const STEP: f64 = 0.01;

struct Body {
    position: [f64; 3],
    velocity: [f64; 3],
    mass: f64,
}

#[wasm::export]
fn energy_after(steps: u32) -> f64 {
    let mut bodies = solar_system();
    for _ in 0..steps {
        advance(&mut bodies);
    }
    energy(&bodies)
}

// The digits are the game's.
#[allow(clippy::excessive_precision)]
fn solar_system() -> [Body; 5] {
    let body = |position, velocity: [f64; 3], mass| Body {
        position,
        velocity: velocity.map(|v| v * YEAR),
        mass: mass * SOLAR_MASS,
    };
    let mut bodies = [
        body([0.0; 3], [0.0; 3], 1.0),
        body(
            [4.84143144246472090e+00, -1.16032004402742839e+00, -1.03622044471123109e-01],
            [1.66007664274403694e-03, 7.69901118419740425e-03, -6.90460016972063023e-05],
            9.54791938424326609e-04,
        ),
        body(
            [8.34336671824457987e+00, 4.12479856412430479e+00, -4.03523417114321381e-01],
            [-2.76742510726411899e-03, 4.99852801234917238e-03, 2.30417297573763929e-05],
            2.85885980666130812e-04,
        ),
        body(
            [1.28943695621391310e+01, -1.51111514016986312e+01, -2.23307578892655734e-01],
            [2.96460137564761618e-03, 2.37847173959480950e-03, -2.96589568540237556e-05],
            4.36624404335156298e-05,
        ),
        body(
            [1.53796971148509165e+01, -2.59193146099879641e+01, 1.79258772950371181e-01],
            [2.68067772490389322e-03, 1.62824170038242295e-03, -9.51592254519715870e-05],
            5.15138902046611451e-05,
        ),
    ];
    // The sun's velocity makes the momentum of all zero.
    let mut momentum = [0.0; 3];
    for body in &bodies {
        for (sum, v) in momentum.iter_mut().zip(body.velocity) {
            *sum += v * body.mass;
        }
    }
    bodies[0].velocity = momentum.map(|p| -p / SOLAR_MASS);
    bodies
}

fn difference(a: &Body, b: &Body) -> ([f64; 3], f64) {
    let d = [0, 1, 2].map(|k| a.position[k] - b.position[k]);
    (d, d[0] * d[0] + d[1] * d[1] + d[2] * d[2])
}

fn advance(bodies: &mut [Body; 5]) {
    for i in 0..bodies.len() {
        let (head, tail) = bodies.split_at_mut(i + 1);
        let Some(a) = head.last_mut() else { continue };
        for b in tail {
            let (d, distance2) = difference(a, b);
            let magnitude = STEP / (distance2 * distance2.sqrt());
            let (pull_a, pull_b) = (b.mass * magnitude, a.mass * magnitude);
            for (k, d) in d.into_iter().enumerate() {
                a.velocity[k] -= d * pull_a;
                b.velocity[k] += d * pull_b;
            }
        }
    }
    for body in bodies {
        for k in 0..3 {
            body.position[k] += STEP * body.velocity[k];
        }
    }
}

fn energy(bodies: &[Body; 5]) -> f64 {
    let mut energy = 0.0;
    for (i, a) in bodies.iter().enumerate() {
        let [x, y, z] = a.velocity;
        energy += 0.5 * a.mass * (x * x + y * y + z * z);
        for b in bodies.iter().skip(i + 1) {
            energy -= a.mass * b.mass / difference(a, b).1.sqrt();
        }
    }
    energy
}
