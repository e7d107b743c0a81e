/** src/lib.rs in JavaScript: the energy after so many steps. */
export function energyAfter(steps) {
  const bodies = solarSystem();
  for (let i = 0; i < steps; i++) advance(bodies);
  return energy(bodies);
}

const SOLAR_MASS = 4 * Math.PI * Math.PI, YEAR = 365.24, STEP = 0.01;

function body(x, y, z, vx, vy, vz, mass) {
  return { x, y, z, vx: vx * YEAR, vy: vy * YEAR, vz: vz * YEAR, mass: mass * SOLAR_MASS };
}

function solarSystem() {
  const bodies = [
    body(0, 0, 0, 0, 0, 0, 1),
    body(4.84143144246472090e+00, -1.16032004402742839e+00, -1.03622044471123109e-01, 1.66007664274403694e-03, 7.69901118419740425e-03, -6.90460016972063023e-05, 9.54791938424326609e-04),
    body(8.34336671824457987e+00, 4.12479856412430479e+00, -4.03523417114321381e-01, -2.76742510726411899e-03, 4.99852801234917238e-03, 2.30417297573763929e-05, 2.85885980666130812e-04),
    body(1.28943695621391310e+01, -1.51111514016986312e+01, -2.23307578892655734e-01, 2.96460137564761618e-03, 2.37847173959480950e-03, -2.96589568540237556e-05, 4.36624404335156298e-05),
    body(1.53796971148509165e+01, -2.59193146099879641e+01, 1.79258772950371181e-01, 2.68067772490389322e-03, 1.62824170038242295e-03, -9.51592254519715870e-05, 5.15138902046611451e-05),
  ];
  const [sun] = bodies;
  for (const axis of ["vx", "vy", "vz"]) {
    let momentum = 0;
    for (const body of bodies) momentum += body[axis] * body.mass;
    sun[axis] = -momentum / SOLAR_MASS;
  }
  return bodies;
}

function advance(bodies) {
  for (let i = 0; i < bodies.length; i++) {
    const a = bodies[i];
    for (let j = i + 1; j < bodies.length; j++) {
      const b = bodies[j];
      const dx = a.x - b.x, dy = a.y - b.y, dz = a.z - b.z;
      const distance2 = dx * dx + dy * dy + dz * dz;
      const magnitude = STEP / (distance2 * Math.sqrt(distance2));
      const pullA = b.mass * magnitude, pullB = a.mass * magnitude;
      a.vx -= dx * pullA; a.vy -= dy * pullA; a.vz -= dz * pullA;
      b.vx += dx * pullB; b.vy += dy * pullB; b.vz += dz * pullB;
    }
  }
  for (const body of bodies) {
    body.x += STEP * body.vx; body.y += STEP * body.vy; body.z += STEP * body.vz;
  }
}

function energy(bodies) {
  let energy = 0;
  bodies.forEach((a, i) => {
    energy += 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz);
    for (const b of bodies.slice(i + 1)) {
      const dx = a.x - b.x, dy = a.y - b.y, dz = a.z - b.z;
      energy -= (a.mass * b.mass) / Math.sqrt(dx * dx + dy * dy + dz * dz);
    }
  });
  return energy;
}
