//! Runs with `cancel_abandoned()`: bodies inside of inner graphs, and lazy dependencies.

use std::sync::Arc;

use adagio::{Lazy, dag};

use crate::common::{Driven, Stage};

struct Texture(Arc<Stage>);

#[dag]
impl Texture {
    async fn colour(&self) -> u8 {
        self.0.act("colour").await;
        1
    }

    async fn grain(&self) -> u8 {
        self.0.act("grain").await;
        2
    }
}

struct Level(Arc<Stage>);

#[dag]
impl Level {
    #[task(graph)]
    fn texture(&self) -> Texture {
        Texture(Arc::clone(&self.0))
    }

    #[depends(texture.colour)]
    async fn painted(&self, colour: &u8) -> u8 {
        self.0.act("painted").await;
        colour + 10
    }

    #[depends(texture.grain)]
    async fn rough(&self, grain: &u8) -> u8 {
        self.0.act("rough").await;
        grain + 20
    }
}

#[derive(Default)]
struct Scene(Arc<Stage>);

#[dag]
impl Scene {
    #[task(graph)]
    fn level(&self) -> Level {
        Level(Arc::clone(&self.0))
    }

    #[depends(level.painted)]
    fn wall(&self, painted: u8) -> u8 {
        painted
    }

    #[depends(level.rough)]
    fn floor(&self, rough: u8) -> u8 {
        rough
    }

    #[depends(lazy level.painted)]
    async fn view(&self, painted: Lazy<'_, u8>) -> u8 {
        self.0.log("start view");
        *painted.await
    }

    async fn sky(&self) {
        self.0.act("sky").await;
    }
}

#[test]
fn bodies_two_levels_down_are_dropped_and_start_anew() {
    for limit in [1, 2, 64] {
        let scene = Scene::default();
        let stage = &scene.0;
        let run = scene.run().cancel_abandoned().max_concurrency(limit);
        let mut wall = Driven::new(run.wall());
        wall.settle();
        assert_eq!(stage.events(), ["start colour"]);
        drop(wall);
        assert_eq!(stage.events(), ["drop colour"]);
        stage.open("colour");
        let mut wall = Driven::new(run.wall());
        wall.settle();
        assert_eq!(stage.events(), ["start colour", "end colour", "start painted"]);
        drop(wall);
        assert_eq!(stage.events(), ["drop painted"]);
        stage.open("painted");
        assert_eq!(Driven::new(run.wall()).run(), &11);
        assert_eq!(stage.events(), ["start painted", "end painted"]);
    }
}

#[test]
fn the_other_bodies_of_an_inner_graph_go_on_and_are_woken() {
    let scene = Scene::default();
    let stage = &scene.0;
    let run = scene.run().cancel_abandoned();
    let (mut wall, mut floor) = (Driven::new(run.wall()), Driven::new(run.floor()));
    wall.settle();
    floor.settle();
    assert_eq!(stage.events(), ["start colour", "start grain"]);
    // The wake of one is not seen before the other is dropped.
    let polls = stage.polls("grain");
    stage.open("grain");
    drop(wall);
    assert_eq!((stage.polls("grain"), stage.events()), (polls, vec!["drop colour".to_owned()]));
    floor.settle();
    assert_eq!(stage.events(), ["end grain", "start rough"]);
    let wakes = floor.wakes();
    stage.open("rough");
    assert!(floor.wakes() > wakes, "a body inside wakes the waiter that is left");
    assert_eq!(floor.run(), &22);
}

#[test]
fn a_slot_inside_goes_to_a_task_outside() {
    let scene = Scene::default();
    let stage = &scene.0;
    let run = scene.run().cancel_abandoned().max_concurrency(1);
    let (mut wall, mut sky) = (Driven::new(run.wall()), Driven::new(run.sky()));
    wall.settle();
    sky.settle();
    assert_eq!(stage.events(), ["start colour"]);
    drop(wall);
    assert_eq!(stage.events(), ["drop colour"]);
    stage.open("sky");
    sky.run();
    assert_eq!(stage.events(), ["start sky", "end sky"]);
}

#[test]
fn a_dropped_body_drops_the_inner_task_that_it_asked_for() {
    for limit in [1, 64] {
        let scene = Scene::default();
        let stage = &scene.0;
        let run = scene.run().cancel_abandoned().max_concurrency(limit);
        let (mut view, mut sky) = (Driven::new(run.view()), Driven::new(run.sky()));
        view.settle();
        sky.settle();
        stage.open("sky");
        drop(view);
        let events = stage.events();
        assert!(events.contains(&"drop colour".to_owned()), "{events:?}");
        sky.run();
        assert!(!stage.events().contains(&"start colour".to_owned()), "nobody asks for it any more");
        stage.open("colour");
        stage.open("painted");
        assert_eq!(Driven::new(run.view()).run(), &11);
        assert_eq!(stage.events(), ["start view", "start colour", "end colour", "start painted", "end painted"]);
    }
}

#[test]
fn an_inner_task_that_another_body_asked_for_goes_on() {
    let scene = Scene::default();
    let stage = &scene.0;
    let run = scene.run().cancel_abandoned();
    let (mut view, mut wall) = (Driven::new(run.view()), Driven::new(run.wall()));
    view.settle();
    wall.settle();
    drop(wall);
    assert_eq!(stage.events(), ["start view", "start colour"]);
    stage.open("colour");
    stage.open("painted");
    assert_eq!(view.run(), &11);
}
